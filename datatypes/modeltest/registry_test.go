package modeltest

import (
	"reflect"
	"slices"
	"testing"
)

// TestEveryMethodIsDriven: each method that an interface asks for is called by a check, and each that the model has.
func TestEveryMethodIsDriven(t *testing.T) {
	stores := reflect.TypeFor[Stores]()
	model := NewModel().Stores()
	for i := range stores.NumField() {
		field := stores.Field(i)
		if field.Type.Kind() != reflect.Interface {
			continue
		}
		of := reflect.TypeOf(model.store(field.Name).Interface())
		for j := range of.NumMethod() {
			if name := field.Name + "." + of.Method(j).Name; methodNamed[name] == nil {
				t.Errorf("nothing calls %s", name)
			}
		}
		for j := range field.Type.NumMethod() {
			if _, ok := of.MethodByName(field.Type.Method(j).Name); !ok {
				t.Errorf("the model has no %s.%s", field.Name, field.Type.Method(j).Name)
			}
		}
	}
	for _, store := range storeMethods {
		names := map[string]bool{}
		for _, m := range store {
			if names[m.name] {
				t.Errorf("%s is there twice", m.name)
			}
			names[m.name] = true
		}
	}
	if !slices.ContainsFunc(storeMethods[0], func(m *method) bool { return m.name == "Strings.Get" }) {
		t.Error("there is no Strings.Get")
	}
}

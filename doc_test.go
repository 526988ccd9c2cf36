package larder_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goFiles parses the files of every folder below the root for which want is true, without those of other modules.
func goFiles(t *testing.T, fset *token.FileSet, want func(path string) bool) map[string][]*ast.File {
	t.Helper()
	files := map[string][]*ast.File{}
	err := filepath.WalkDir(".", func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (strings.HasPrefix(e.Name(), ".") && path != "." || e.Name() == "internal" || e.Name() == "testdata"):
			return fs.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go" || !want(path):
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err == nil {
			files[filepath.Dir(path)] = append(files[filepath.Dir(path)], f)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestEverythingIsDocumented demands a comment of every package and of whatever it exports. Constants and variables
// may share that of their group.
func TestEverythingIsDocumented(t *testing.T) {
	fset := token.NewFileSet()
	packages := goFiles(t, fset, func(path string) bool { return !strings.HasSuffix(path, "_test.go") })
	if len(packages) < 10 {
		t.Fatalf("found only %d packages", len(packages))
	}
	for dir, files := range packages {
		p, err := doc.NewFromFiles(fset, files, dir)
		if err != nil {
			t.Fatal(err)
		}
		demand := func(text, what string) {
			if strings.TrimSpace(text) == "" {
				t.Errorf("%s: no comment on %s", dir, what)
			}
		}
		demand(p.Doc, "package "+p.Name)
		for _, f := range p.Funcs {
			demand(f.Doc, f.Name)
		}
		values := append(p.Consts, p.Vars...)
		for _, typ := range p.Types {
			demand(typ.Doc, typ.Name)
			values = append(append(values, typ.Consts...), typ.Vars...)
			for _, f := range append(typ.Funcs, typ.Methods...) {
				demand(f.Doc, typ.Name+"."+f.Name)
			}
		}
		for _, v := range values {
			for _, spec := range v.Decl.Specs {
				spec := spec.(*ast.ValueSpec)
				demand(v.Doc+spec.Doc.Text()+spec.Comment.Text(), strings.Join(v.Names, ", "))
			}
		}
	}
}

// TestReadmeIsCompiled compares the Go code of the README with that of the examples, which is compiled and run: each
// paragraph of it, between empty lines, stands in one of them as it is, but for the indentation.
func TestReadmeIsCompiled(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	indentation := regexp.MustCompile(`(?m)^[ \t]+`)
	var examples strings.Builder
	sources, err := filepath.Glob("internal/clienttest/*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	goFiles(t, token.NewFileSet(), func(path string) bool {
		if strings.HasPrefix(filepath.Base(path), "example") || strings.HasPrefix(path, "examples") {
			sources = append(sources, path)
		}
		return false
	})
	for _, path := range sources {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		examples.WriteString(indentation.ReplaceAllString(string(source), "") + "\n")
	}
	snippets := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(snippets) == 0 {
		t.Fatal("the README has no Go code")
	}
	for _, snippet := range snippets {
		for paragraph := range strings.SplitSeq(string(snippet[1]), "\n\n") {
			code := strings.TrimSpace(indentation.ReplaceAllString(paragraph, ""))
			if !strings.Contains(examples.String(), "\n"+code+"\n") {
				t.Errorf("no example has this code of the README:\n%s", paragraph)
			}
		}
	}
}

// Package browser looks at the live page in a real browser: headless Chromium, driven by chromedp.
//
// Where no Chromium is installed its tests are skipped, unless LARDER_TEST_REQUIRE is 1: then its absence is a failure.
// With
// -artifacts the screenshots that the tests take are kept, for people to look at.
package browser

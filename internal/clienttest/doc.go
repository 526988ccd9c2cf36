// Package clienttest runs the clients that people use against the server: go-redis, valkey-go, rueidis, node-redis,
// ioredis and redis-cli, as they come, with their default options. It holds nothing but tests, and is a module of its own
// so that nobody who imports larder depends on them. Package browser, within it, looks at the live page.
//
// What needs a program beside Go (redis-cli, node) is skipped where that is missing, and fails there if
// LARDER_TEST_REQUIRE is set. For node, run "npm ci" in the folder node first.
package clienttest

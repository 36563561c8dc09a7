// Package backend tests the backend wasi:http of the SDK in a component.
package backend

// Package variables reads the variables of a component on Spin, which its manifest and the operator of the application
// set: settings such as the address of a service, and secrets such as its key.
//
//	key, err := variables.Get("api_key")
//
// The manifest declares the variables of an application, and gives each component its own:
//
//	[variables]
//	api_key = { required = true, secret = true }
//
//	[component.app.variables]
//	api_key = "{{ api_key }}"
//
// The package calls the import fermyon:spin/variables@2.0.0, which every Spin since 2.0 has. A component that does not
// use the package does not have the import.
package variables

import "spin.test/spinhttp/internal/variables"

// Get returns the value of a variable of the component. The host is asked at each call, so the value is current.
//
// The error is an [*Error]. It is [ErrUndefined] if the component has no variable of this name, and [ErrInvalidName]
// if no variable can have it.
func Get(name string) (string, error) {
	if variables.Get == nil {
		return "", &Error{Name: name, Kind: KindNoHost, Message: noHost}
	}
	value, problem := variables.Get(name)
	if problem != nil {
		return "", &Error{Name: name, Kind: kindFromWire(problem.Code), Message: problem.Text}
	}
	return value, nil
}

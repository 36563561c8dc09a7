// Package abi has what every interface needs of the canonical ABI: addresses, strings, and the memory that the host
// writes to. The packages of the interfaces declare their own functions and layouts.
//
// An address has four bytes in the ABI, but a pointer has eight in Go, so the types of the ABI contain no pointers.
// The garbage collector does not see an address, and moves what is on a stack. [Call] therefore takes the values that a
// call refers to.
package abi

// The policy of the host, compiled to WebAssembly: a bundle of its own, which the page loads when it shows permissions.
export * from "outbound-policy";

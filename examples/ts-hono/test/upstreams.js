// The data of the two upstreams, for the unit tests and the component tests.

export const PRODUCT = { name: "spoon", price: 350 };
export const STOCK = { count: 12 };

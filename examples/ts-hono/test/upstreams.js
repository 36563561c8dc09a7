// What the two upstreams say, to the unit tests and on loopback.

export const PRODUCT = { name: "spoon", price: 350 };
export const STOCK = { count: 12 };

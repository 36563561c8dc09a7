// A program that breaks what the SDK needs of the language.

JSON.parse = () => {
  throw new TypeError("broken by the program");
};

export default { fetch: () => new Response("never") };

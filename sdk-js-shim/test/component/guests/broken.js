// A program that breaks what the SDK needs in a rehearsal, and not what its own handler needs.

const parse = JSON.parse;
const texts = [];

JSON.parse = (text) => {
  texts.push(text);
  throw new TypeError("broken by the program");
};

export default {
  async fetch(request) {
    JSON.parse = parse;
    return Response.json({ sent: await request.json(), texts });
  },
};

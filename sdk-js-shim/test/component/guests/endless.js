// A program that does not end what the SDK does in a rehearsal.

const parse = JSON.parse;

JSON.parse = () => {
  for (;;);
};

export default {
  async fetch(request) {
    JSON.parse = parse;
    return Response.json({ sent: await request.json(), texts: [] });
  },
};

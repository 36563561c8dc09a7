// A program whose top level makes more than 100,000 parts of memory that zeros separate.

const numbers = new Float64Array(1_600_000);
for (let index = 0; index < numbers.length; index += 8) numbers[index] = index + 0.5;

export default { fetch: () => new Response(String(numbers[1_599_992])) };

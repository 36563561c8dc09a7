import { parse, type Token } from "acorn";
import rewritePattern from "regexpu-core";

/**
 * Replaces Unicode properties in literals of regular expressions by the characters that they stand
 * for, because the engine has no tables of Unicode.
 *
 * Line breaks stay where they are, so the source map still has the right lines.
 */
export function expandUnicodeProperties(code: string): string {
  if (!/\\p\{/i.test(code)) return code;
  const literals: Token[] = [];
  const onToken = (token: Token) => {
    if (token.type.label === "regexp") literals.push(token);
  };
  parse(code, { ecmaVersion: "latest", sourceType: "module", onToken });
  let expanded = "";
  let end = 0;
  for (const literal of literals) {
    const text = code.slice(literal.start, literal.end);
    const slash = text.lastIndexOf("/");
    const [pattern, flags] = [text.slice(1, slash), text.slice(slash + 1)];
    if (!/\\p\{/i.test(pattern) || !/[uv]/.test(flags)) continue;
    const rewritten = rewritePattern(pattern, flags, {
      unicodePropertyEscapes: "transform",
      unicodeSetsFlag: "transform",
    });
    expanded += `${code.slice(end, literal.start)}/${rewritten}/${flags.replace("v", "u")}`;
    end = literal.end;
  }
  return expanded + code.slice(end);
}

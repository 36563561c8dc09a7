// Searches what the list does not have: the server has the header fields and the bodies.
import { useEffect, useRef, useState } from "preact/hooks";
import { textOf } from "./details";
import { type Found, searched } from "./filter";
import { useSettled } from "./settled";

interface Results {
  words: string;
  /** What was searched: the changes up to this one. */
  revision: number;
  found: Found;
}

/** What the server found in the changes that were not searched before, for each word. */
interface More {
  revision: number;
  requests: number[][];
}

/** The requests that have the words of a filter. `version` counts the changes of the list. */
export function useFound(filter: string, version: number): Found {
  const query = new URLSearchParams();
  for (const word of new Set(searched(filter))) {
    query.append("word", word);
  }
  const words = useSettled(query.toString(), 150);
  const changes = useSettled(version, 1_000);
  const [results, setResults] = useState<Results>(nothing(""));
  const latest = useRef(words);
  latest.current = words;
  useEffect(() => {
    if (words === "") {
      return;
    }
    const since = results.words === words ? results.revision : 0;
    textOf(`search?since=${since}&${words}`).then(
      (text) => {
        if (latest.current === words) {
          setResults((known) =>
            merged(known.words === words ? known : nothing(words), JSON.parse(text)),
          );
        }
      },
      // The list goes on without; a lost connection is shown by itself.
      () => {},
    );
  }, [words, changes]);
  return results.found;
}

function nothing(words: string): Results {
  return { words, revision: 0, found: new Map() };
}

function merged({ words, revision, found }: Results, more: More): Results {
  const texts = new URLSearchParams(words).getAll("word");
  const all = texts.map((word, index): [string, Set<number>] => {
    return [word, new Set([...(found.get(word) ?? []), ...(more.requests[index] ?? [])])];
  });
  return { words, revision: Math.max(revision, more.revision), found: new Map(all) };
}

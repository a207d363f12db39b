import { listEntries, type ListQuery } from '../../../api/entries';
import type { Entry } from '../../../api/types';

const page = 100; // the API's largest

/** Reads the entries of some ids, in their order, a page at a time. */
export async function* pagesOfIds(query: ListQuery, ids: string[], signal?: AbortSignal): AsyncGenerator<Entry[]> {
  for (let i = 0; i < ids.length; i += page) {
    const some = ids.slice(i, i + page);
    const answer = await listEntries({ ...query, filter: { id: { _in: some } }, size: page, after: undefined, before: undefined }, signal);
    const found = new Map(answer.entries.map((e) => [e.id, e]));
    yield some.flatMap((id) => found.get(id) ?? []);
  }
}

/** Reads a list to its end, a page at a time. */
export async function* pagesOf(query: ListQuery, signal?: AbortSignal): AsyncGenerator<Entry[]> {
  let after: string | undefined;
  do {
    const answer = await listEntries({ ...query, size: page, after, before: undefined }, signal);
    yield answer.entries;
    after = answer.next;
  } while (after);
}

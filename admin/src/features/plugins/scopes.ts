import type { Scope } from '../../api/plugins';

/** What is asked for in one collection, or something else that is asked for. */
export interface Asked {
  key: string;
  /** Of rights: the collection and the verbs. */
  collection?: string;
  verbs?: string[];
  text?: string;
  why: string[];
  elevated: boolean;
  fresh: boolean;
}

/** Scopes as people read them: the rights in a collection are one line. */
export function readable(scopes: Scope[]): Asked[] {
  const out: Asked[] = [];
  for (const s of scopes) {
    const right = /^right:(\w+):([\w@*]+)$/.exec(s.id);
    const there = right && out.find((a) => a.collection === right[2] && a.fresh === (s.new ?? false));
    if (there) {
      there.verbs?.push(right[1] as string);
      if (s.why && !there.why.includes(s.why)) there.why.push(s.why);
      there.elevated ||= s.elevated ?? false;
      continue;
    }
    out.push({
      key: s.id, why: s.why ? [s.why] : [], elevated: s.elevated ?? false, fresh: s.new ?? false,
      ...(right ? { collection: right[2], verbs: [right[1] as string] } : { text: s.text }),
    });
  }
  return out;
}

import { useCollections } from '../../api/collections';
import type { Grant } from '../../api/people';
import { useI18n, type Key } from '../../i18n/i18n';
import { reachOf } from './rights';

/** Puts rights into words. */
export function useWords() {
  const { t, pick, named, list, about } = useI18n();
  const collections = useCollections();
  const collectionOf = (id: string) => collections.find((c) => c.id === id);
  const on = (id: string) => {
    const found = collectionOf(id);
    return found ? pick(found.label, found.name) : named('right.on', id);
  };
  const fieldName = (collection: string, field: string) => {
    const found = collectionOf(collection)?.fields.find((f) => f.id === field || f.name === field);
    return found ? pick(found.label, found.name) : named('system', field);
  };
  const reach = (g: Grant) => {
    const r = reachOf(g.rows);
    if (r.mode === 'condition') return t('reach.condition_is', { field: fieldName(g.collection, r.field), op: t(`op.${r.op.slice(1)}` as Key), value: r.value });
    if (r.mode === 'filter') return t('reach.filter_is', { filter: JSON.stringify(g.rows) });
    return t(`reach.${r.mode}`);
  };
  const verb = (v: string) => named('right', v);
  return {
    on, verb, reach, fieldName, collectionOf,
    /** A grant as a sentence: what, on what, which of them, which fields. */
    sentence(g: Grant) {
      const parts = [about(on(g.collection), list(g.verbs.map(verb)))];
      if (g.rows) parts.push(reach(g));
      if (g.fields) parts.push(t('right.fields_only', { fields: list(g.fields.map((f) => fieldName(g.collection, f))) || '–' }));
      return parts.join(' – ');
    },
  };
}

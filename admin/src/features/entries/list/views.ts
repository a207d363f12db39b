import { usePreference } from '../../../api/preferences';
import type { Collection } from '../../../api/types';
import { equal } from '../../../lib/equal';
import { readListSearch, type ListSearch } from './search';

/** A list as somebody wants to find it again. */
export interface View {
  name: string;
  search: ListSearch;
  columns: string[];
}

const most = 30;

function readViews(kept: unknown): View[] {
  const list = Array.isArray(kept) ? (kept as Partial<View>[]) : [];
  return list.flatMap((v) =>
    typeof v?.name === 'string' && Array.isArray(v.columns) ? [{ name: v.name, search: readListSearch({ ...v.search }), columns: v.columns.map(String) }] : [],
  );
}

// Which page one is on is no part of a view.
const lasting = ({ q, sort, filters, trashed }: ListSearch): ListSearch => ({ q, sort, filters, trashed });

/** The views of one collection that somebody keeps. */
export function useViews(collection: Collection, search: ListSearch, columns: string[]) {
  const [kept, keep] = usePreference<View[]>(`views.${collection.id}`);
  const views = readViews(kept);
  const now = { search: lasting(search), columns };
  return {
    views,
    /** The view that the list shows as it was kept. */
    current: views.find((v) => equal({ search: v.search, columns: v.columns }, now)),
    full: views.length >= most,
    /** Keeps what is shown under a name; one of that name is replaced. */
    save: (name: string) => keep([...views.filter((v) => v.name !== name), { name, ...now }]),
    remove: (name: string) => keep(views.filter((v) => v.name !== name)),
  };
}

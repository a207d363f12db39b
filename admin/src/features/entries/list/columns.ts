import { useState } from 'react';
import { useMe } from '../../../api/session';
import type { Collection } from '../../../api/types';
import { browserKeep } from '../../../lib/storage';
import { usualColumns } from './filter';

/** The columns that somebody chose for a collection, kept on this machine. */
export function useColumns(collection: Collection): [string[], (columns: string[]) => void] {
  const key = `recueil.columns.${useMe()?.user?.id ?? ''}.${collection.id}`;
  const [columns, setColumns] = useState(() => {
    const kept = browserKeep.read(key)?.split(',').filter((n) => collection.fields.some((f) => f.name === n));
    return kept ?? usualColumns(collection);
  });
  return [
    columns,
    (next) => {
      browserKeep.write(key, next.join());
      setColumns(next);
    },
  ];
}

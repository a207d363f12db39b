import { Button, Progress, type ButtonProps } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDownload } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { titleField, titleOf, useCollections } from '../../../api/collections';
import { listAcross, type ListQuery } from '../../../api/entries';
import { asProblem } from '../../../api/problem';
import type { Collection, Entry, Field } from '../../../api/types';
import { plainText } from '../../../fields/plain';
import { targetsOf } from '../../../fields/relation/targets';
import { idsOf } from '../../../fields/types';
import { useI18n } from '../../../i18n/i18n';
import { csvFile, download } from '../../../lib/csv';
import { pagesOf, pagesOfIds } from './gather';

interface Props extends ButtonProps {
  collection: Collection;
  columns: string[];
  query: ListQuery;
  /** How many rows there will be, for the progress. */
  total?: number;
  name: string;
  /** Only these. */
  ids?: string[];
}

/** Saves what the list shows, all its pages, or what is marked in it, as a CSV file. */
export function ExportButton({ collection, columns, query, total, name, ids, ...rest }: Props) {
  const { t, pick, speech } = useI18n();
  const collections = useCollections();
  const [done, setDone] = useState<number | null>(null);
  const stop = useRef<AbortController | null>(null);
  const title = collection.fields.find((f) => f.name === titleField(collection));
  const fields = columns.flatMap((c) => collection.fields.find((f) => f.name === c) ?? []);

  const titles = new Map<string, string>();
  // The titles that the relations of a page lead to, those not known yet.
  const learn = async (entries: Entry[], field: Field) => {
    const targets = targetsOf(field, collections).collections;
    const ids = [...new Set(entries.flatMap((e) => idsOf(e[field.name])))].filter((id) => !titles.has(id));
    for (let i = 0; targets.length > 0 && i < ids.length; i += 100) {
      const found = await listAcross({ collections: targets.map((c) => c.id), filter: { id: { _in: ids.slice(i, i + 100) } }, locale: speech, size: 100 });
      for (const one of found) titles.set(one.id, one.title);
    }
  };
  const words = { pick, yes: t('yes'), no: t('no'), title: (id: string) => titles.get(id) || id };
  const line = (e: Entry) => [
    e.id, titleOf(collection, e), ...fields.map((f) => plainText(f, e[f.name], words)),
    t(`status.${query.trashed ? 'trashed' : e.status}`), e.locale ?? '', e.updated_at,
  ];

  const run = async () => {
    const abort = new AbortController();
    stop.current = abort;
    setDone(0);
    try {
      const parts: string[][][] = [];
      let n = 0;
      for await (const entries of ids ? pagesOfIds(query, ids, abort.signal) : pagesOf(query, abort.signal)) {
        for (const f of fields) if (f.kind === 'relation' || f.kind === 'terms') await learn(entries, f);
        parts.push(entries.map(line));
        setDone((n += entries.length));
      }
      const head = ['id', title ? pick(title.label, title.name) : t('entry'), ...fields.map((f) => pick(f.label, f.name)), t('status'), t('list.locale'), t('updated_at')];
      download(csvFile(head, parts), `${collection.name}-${new Date().toISOString().slice(0, 10)}.csv`);
    } catch (error) {
      if (!abort.signal.aborted) notifications.show({ color: 'red', message: asProblem(error).message || t('offline') });
    } finally {
      setDone(null);
    }
  };

  if (done === null) {
    return <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => void run()} {...rest}>{name}</Button>;
  }
  return (
    <Button variant="default" onClick={() => stop.current?.abort()} rightSection={total ? <Progress w={60} value={(100 * done) / total} aria-label={name} /> : undefined} {...rest}>
      {t('list.export.stop', { n: done })}
    </Button>
  );
}

import { Button, Group, SegmentedControl, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconPlus, IconSearch, IconUpload } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, Navigate, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { createKeys } from '../../../actions/keys';
import { useOffer } from '../../../actions/offered';
import { titleField, titleOf, useCollection, useCollections } from '../../../api/collections';
import { countQuery, entriesQuery, type ListQuery } from '../../../api/entries';
import { asProblem } from '../../../api/problem';
import { useRights } from '../../../api/session';
import type { Collection } from '../../../api/types';
import { PageHead } from '../../../components/Page';
import { ProblemAlert } from '../../../components/Problem';
import { useI18n } from '../../../i18n/i18n';
import { BulkBar } from './bulk/BulkBar';
import { JobPanel } from './bulk/JobPanel';
import { ColumnMenu } from './ColumnMenu';
import { useColumns } from './columns';
import { EntryTable } from './EntryTable';
import { ExportButton } from './ExportButton';
import { filterOf, usualColumns } from './filter';
import { Filters } from './Filters';
import { pagesOf } from './gather';
import type { ListSearch } from './search';
import { useSelection, type Selection } from './selection';
import type { View } from './views';
import { ViewsMenu } from './ViewsMenu';

export function EntryListScreen() {
  const { t } = useI18n();
  const { collection: name } = useParams({ from: '/c/$collection' });
  const collection = useCollection(name);
  const known = useCollections().length > 0;
  if (!collection) return known ? <Text>{t('collection.none', { name })}</Text> : null;
  if (collection.singleton) return <Singleton collection={collection} />;
  return <List key={collection.name} collection={collection} />;
}

/** A collection with one entry has no list: it opens its entry. */
function Singleton({ collection }: { collection: Collection }) {
  const { speech } = useI18n();
  const { data, error } = useQuery(entriesQuery({ collection: collection.name, fields: 'id', size: 1, locale: speech }));
  if (error) return <ProblemAlert error={error} />;
  if (!data) return null;
  const entry = data.entries[0]?.id ?? 'new';
  return <Navigate to="/c/$collection/$entry" params={{ collection: collection.name, entry }} replace />;
}

const size = 50;

function List({ collection }: { collection: Collection }) {
  const { t, pick, speech, number } = useI18n();
  const rights = useRights();
  const go = useNavigate();
  const search = useSearch({ from: '/c/$collection' });
  const [columns, setColumns] = useColumns(collection);
  const change = (next: Partial<ListSearch>) =>
    void go({
      to: '/c/$collection', params: { collection: collection.name }, replace: true,
      search: { ...search, after: undefined, before: undefined, ...next },
    });

  const title = titleField(collection);
  const query: ListQuery = {
    collection: collection.name, locale: speech, size, sort: search.sort, after: search.after, before: search.before,
    trashed: search.trashed, filter: filterOf(collection, search),
    fields: ['id', 'status', 'locale', 'updated_at', ...(title ? [title] : []), ...columns].join(),
  };
  const list = useQuery(entriesQuery(query));
  const total = useQuery(countQuery(query)).data;
  const entries = list.data?.entries;
  const selection = useSelection((entries ?? []).map((e) => ({ id: e.id, title: titleOf(collection, e) })));
  const { gathering, gather } = useGather(collection, query, selection);
  const cache = useQueryClient();
  const settled = () => void cache.invalidateQueries({ queryKey: ['entries'] });
  const open = (view: View | null) => {
    setColumns(view?.columns ?? usualColumns(collection));
    void go({ to: '/c/$collection', params: { collection: collection.name }, replace: true, search: view?.search ?? {} });
  };
  const mayCreate = rights.may('create', collection.name);

  const acts = useMemo(
    () =>
      mayCreate
        ? [{
            id: 'create', label: t('entry.new_of', { name: pick(collection.label_one, collection.name) }), group: pick(collection.label, collection.name),
            icon: IconPlus, keys: createKeys,
            perform: () => void go({ to: '/c/$collection/$entry', params: { collection: collection.name, entry: 'new' } }),
          }]
        : [],
    [mayCreate, collection, go, pick, t],
  );
  useOffer('list', acts);
  useListKeys();

  return (
    <>
      <PageHead title={pick(collection.label, collection.name)}>
        {(mayCreate || rights.may('update', collection.name)) && (
          <Button component={Link} to={`/import/${collection.name}`} variant="default" leftSection={<IconUpload size={16} />} visibleFrom="sm">{t('import')}</Button>
        )}
        {mayCreate && (
          <Button component={Link} to={`/c/${collection.name}/new`} leftSection={<IconPlus size={16} />}>
            {t('entry.new')}
          </Button>
        )}
      </PageHead>
      <Group mb="sm" gap="sm" align="end">
        {title && <Search value={search.q ?? ''} onChange={(q) => change({ q: q || undefined })} />}
        {rights.may('delete', collection.name) && (
          <SegmentedControl
            aria-label={t('list.which')}
            value={search.trashed ? 'trash' : 'all'}
            data={[{ value: 'all', label: t('list.all') }, { value: 'trash', label: t('list.trash') }]}
            onChange={(v) => change({ trashed: v === 'trash' || undefined })}
          />
        )}
        <ViewsMenu collection={collection} search={search} columns={columns} onOpen={open} />
        <ColumnMenu collection={collection} columns={columns} onChange={setColumns} />
        <ExportButton collection={collection} columns={columns} query={query} total={total} name={t('list.export')} />
      </Group>
      <Filters collection={collection} conditions={search.filters ?? []} onChange={(filters) => change({ filters })} />
      {list.error && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      <Text size="sm" c="dimmed" role="status" mb="xs">{total === undefined ? t('loading') : t('list.total', { n: total })}</Text>
      <JobPanel collection={collection} onSettled={settled} />
      <EntryTable
        collection={collection} columns={columns} entries={entries} sort={search.sort} onSort={(sort) => change({ sort })}
        trashed={search.trashed} selection={selection}
      />
      {(list.data?.prev || list.data?.next) && (
        <Group justify="center" mt="md">
          <Button variant="default" disabled={!list.data.prev} onClick={() => change({ before: list.data?.prev })}>{t('list.previous')}</Button>
          <Button variant="default" disabled={!list.data.next} onClick={() => change({ after: list.data?.next })}>{t('list.next')}</Button>
          <Text size="sm" c="dimmed">{t('list.size', { n: number(size) })}</Text>
        </Group>
      )}
      <BulkBar
        collection={collection} selection={selection} trashed={search.trashed === true} total={total}
        gathering={gathering} onAll={() => void gather()} onSettled={settled}
      >
        <ExportButton
          collection={collection} columns={columns} total={selection.marked.size} name={t('bulk.export')} size="compact-sm" variant="light"
          query={query} ids={[...selection.marked.keys()]}
        />
      </BulkBar>
    </>
  );
}

const mostMarked = 5000;

/** Marks everything that matches, not only the page. */
function useGather(collection: Collection, query: ListQuery, selection: Selection) {
  const { t } = useI18n();
  const [gathering, setGathering] = useState(false);
  const gather = async () => {
    setGathering(true);
    try {
      const title = titleField(collection);
      const found: [string, string][] = [];
      for await (const page of pagesOf({ ...query, fields: title ? `id,${title}` : 'id' })) {
        found.push(...page.map((e): [string, string] => [e.id, titleOf(collection, e)]));
        if (found.length >= mostMarked) break;
      }
      selection.take(found.slice(0, mostMarked));
      if (found.length >= mostMarked) notifications.show({ message: t('bulk.most', { n: mostMarked }) });
    } catch (error) {
      notifications.show({ color: 'red', message: asProblem(error).message || t('offline') });
    } finally {
      setGathering(false);
    }
  };
  return { gathering, gather };
}

// From anywhere on the screen to the first row, and to the search.
function useListKeys() {
  const first = () => document.querySelector<HTMLElement>('main tr[data-entry] a.row-link')?.focus();
  useHotkeys([
    ['j', () => !document.activeElement?.closest('tr[data-entry]') && first()],
    ['/', () => document.querySelector<HTMLElement>('main input[type=search]')?.focus()],
  ]);
}

function Search({ value, onChange }: { value: string; onChange(text: string): void }) {
  const { t } = useI18n();
  const [text, setText] = useState(value);
  const settle = useDebouncedCallback(onChange, 250);
  useEffect(() => setText(value), [value]);
  return (
    <TextInput
      type="search"
      aria-label={t('list.search')}
      placeholder={t('list.search')}
      leftSection={<IconSearch size={16} />}
      style={{ flex: '1 1 14rem' }}
      maw={420}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        settle(e.currentTarget.value);
      }}
    />
  );
}

import { Anchor, Button, Checkbox, Drawer, FileButton, Group, List, Stack, TagsInput, Text, TextInput, Textarea } from '@mantine/core';
import { IconReplace } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { assetQuery, removeAsset, saveAsset, usageQuery } from '../../api/assets';
import { titleOf, useCollections } from '../../api/collections';
import { asProblem } from '../../api/problem';
import { useLocales, useRights } from '../../api/session';
import type { Asset } from '../../api/types';
import { upload } from '../../api/uploads';
import { ProblemAlert } from '../../components/Problem';
import { AssetPicture } from '../../fields/asset/AssetPicture';
import { FileText } from './FileText';
import { FocalPoint } from './FocalPoint';
import { written } from '../../fields/written';
import { directionOf, useI18n } from '../../i18n/i18n';

interface Props {
  asset: Asset | null;
  onClose(): void;
}

/** What is said of one file, where it is used, and its removal. */
export function AssetPanel({ asset, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Drawer opened={asset !== null} onClose={onClose} position="right" size="md" title={t('asset.about')} closeButtonProps={{ 'aria-label': t('close') }}>
      {asset && <Current key={asset.id} asset={asset} onClose={onClose} />}
    </Drawer>
  );
}

// The list may be a little old: a file may have been replaced or read since.
function Current({ asset, onClose }: { asset: Asset; onClose(): void }) {
  const { data } = useQuery({
    ...assetQuery(asset.id),
    staleTime: 0,
    // A new file is read a little later.
    refetchInterval: ({ state }) => (state.data?.media_type === 'application/pdf' && !state.data.text ? 3_000 : false),
  });
  const now = data ?? asset;
  return <Facts key={now.revision} asset={now} onClose={onClose} />;
}

function Facts({ asset, onClose }: { asset: Asset; onClose(): void }) {
  const { t, number, languageName } = useI18n();
  const rights = useRights();
  const locales = useLocales();
  const cache = useQueryClient();
  const [facts, setFacts] = useState(asset);
  const [wrong, setWrong] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const mayWrite = rights.may('update', '@assets');
  const picture = asset.media_type.startsWith('image/');

  const attempt = async (work: () => Promise<unknown>) => {
    setBusy(true);
    setWrong(null);
    try {
      await work();
      await cache.invalidateQueries({ queryKey: ['assets'] });
      onClose();
    } catch (error) {
      setWrong(asProblem(error));
    } finally {
      setBusy(false);
    }
  };
  const save = () => {
    const { name, alt, decorative, credit, folder, tags, focus } = facts;
    return attempt(() => saveAsset(asset, { name, alt: alt ?? {}, decorative, credit: credit ?? '', folder: folder ?? '', tags: tags ?? [], ...(focus ? { focus } : {}) }));
  };

  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
    >
      <Stack>
        {picture && asset.width ? (
          <FocalPoint asset={asset} focus={facts.focus} readOnly={!mayWrite} onFocus={(focus) => setFacts({ ...facts, focus })} />
        ) : (
          <AssetPicture asset={asset} size={200} />
        )}
        <Text size="sm" c="dimmed" dir="ltr">
          {asset.media_type} · {number(Math.ceil(asset.size / 1024))} KiB{asset.width ? ` · ${asset.width} × ${asset.height}` : ''}
        </Text>
        <Group justify="space-between">
          <Anchor href={asset.url} size="sm" target="_blank" rel="noreferrer">{t('asset.open')}</Anchor>
          {mayWrite && (
            <FileButton onChange={(file) => file && void upload([file], '', asset.id).then(onClose)}>
              {(props) => <Button {...props} variant="light" size="compact-sm" leftSection={<IconReplace size={16} />}>{t('asset.replace_file')}</Button>}
            </FileButton>
          )}
        </Group>
        {mayWrite && <Text size="xs" c="dimmed">{t('asset.replace_help')}</Text>}
        {wrong !== null && <ProblemAlert error={wrong} />}
        <TextInput label={t('asset.name')} required readOnly={!mayWrite} {...written('auto')} value={facts.name} onChange={(e) => setFacts({ ...facts, name: e.currentTarget.value })} />
        {picture && (
          <Checkbox label={t('asset.decorative')} description={t('asset.decorative_help')} disabled={!mayWrite} checked={facts.decorative} onChange={(e) => setFacts({ ...facts, decorative: e.currentTarget.checked })} />
        )}
        {picture && !facts.decorative && locales.map((l) => (
          <Textarea
            key={l}
            label={t('asset.alt', { language: languageName(l) })}
            autosize
            readOnly={!mayWrite}
            {...written(directionOf(l), l)}
            value={facts.alt?.[l] ?? ''}
            onChange={(e) => setFacts({ ...facts, alt: { ...facts.alt, [l]: e.currentTarget.value } })}
          />
        ))}
        <TextInput label={t('asset.credit')} readOnly={!mayWrite} {...written('auto')} value={facts.credit ?? ''} onChange={(e) => setFacts({ ...facts, credit: e.currentTarget.value })} />
        <TextInput label={t('assets.folder')} readOnly={!mayWrite} {...written('auto')} value={facts.folder ?? ''} onChange={(e) => setFacts({ ...facts, folder: e.currentTarget.value })} />
        <TagsInput label={t('asset.tags')} readOnly={!mayWrite} value={facts.tags ?? []} onChange={(tags) => setFacts({ ...facts, tags })} />
        <FileText asset={asset} />
        <Usage asset={asset} />
        <Group justify="space-between">
          {rights.may('delete', '@assets') ? <Remove busy={busy} asset={asset} onRemove={(force) => void attempt(() => removeAsset(asset, force))} /> : <span />}
          {mayWrite && <Button type="submit" loading={busy}>{t('save')}</Button>}
        </Group>
      </Stack>
    </form>
  );
}

/** Removes at the second press: the first one asks, and says who still uses the file. */
function Remove({ busy, asset, onRemove }: { busy: boolean; asset: Asset; onRemove(force: boolean): void }) {
  const { t } = useI18n();
  const [sure, setSure] = useState(false);
  const { data } = useQuery(usageQuery(asset.id));
  const users = new Set((data ?? []).map((u) => u.entry.id)).size;
  return (
    <Group gap="xs">
      <Button color="red.8" variant={sure ? 'filled' : 'outline'} disabled={!data} loading={busy && sure} onClick={() => (sure ? onRemove(users > 0) : setSure(true))} onBlur={() => setSure(false)}>
        {sure ? (users > 0 ? t('asset.remove_used', { n: users }) : t('asset.remove_sure')) : t('asset.remove')}
      </Button>
    </Group>
  );
}

function Usage({ asset }: { asset: Asset }) {
  const { t } = useI18n();
  const collections = useCollections();
  const { data, error } = useQuery(usageQuery(asset.id));
  if (error) return <ProblemAlert error={error} />;
  if (!data) return null;
  return (
    <section aria-label={t('asset.usage')}>
      <Text fw={600} size="sm">{t('asset.usage')}</Text>
      {data.length === 0 && <Text size="sm" c="dimmed">{t('asset.unused')}</Text>}
      <List size="sm">
        {data.map(({ field, entry }) => {
          const collection = collections.find((c) => c.name === entry.collection);
          return (
            <List.Item key={entry.id + field}>
              {collection ? (
                <Link to="/c/$collection/$entry" params={{ collection: collection.name, entry: entry.id }} className="row-link">{titleOf(collection, entry) || entry.id}</Link>
              ) : entry.id}
            </List.Item>
          );
        })}
      </List>
    </section>
  );
}

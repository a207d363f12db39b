import { Autocomplete, Box, Button, FileButton, Group, SimpleGrid, Skeleton, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useCallback, useEffect, useRef, useState, type DragEvent } from 'react';
import { assetsQuery } from '../../api/assets';
import { useRights } from '../../api/session';
import type { Asset } from '../../api/types';
import { upload } from '../../api/uploads';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { AssetPicture } from '../../fields/asset/AssetPicture';
import { useI18n } from '../../i18n/i18n';
import { AssetPanel } from './AssetPanel';
import { UploadList } from './UploadList';

/** Every file: taken in by drop or choice, found by name, folder or tag, and described. */
export function AssetsScreen() {
  const { t } = useI18n();
  const rights = useRights();
  const [text, setText] = useState('');
  const [folder, setFolder] = useState('');
  const [open, setOpen] = useState<Asset | null>(null);
  const [over, setOver] = useState(false);
  const [tag, setTag] = useState('');
  const list = useInfiniteQuery(assetsQuery({ ...(folder ? { folder } : {}), ...(tag ? { tag } : {}) }));
  const assets = (list.data?.pages ?? []).flatMap((p) => p.assets);
  const wanted = text.toLowerCase();
  const found = assets.filter((a) => a.name.toLowerCase().includes(wanted) || (a.tags ?? []).some((tag) => tag.toLowerCase().includes(wanted)));
  const folders = useSeen(assets.flatMap((a) => (a.folder ? [a.folder] : [])));
  const tags = useSeen(assets.flatMap((a) => a.tags ?? []));
  const mayAdd = rights.may('create', '@assets');

  const send = useCallback((files: File[]) => void upload(files, folder), [folder]);
  usePaste(mayAdd ? send : null);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    if (mayAdd && e.dataTransfer.files.length > 0) send([...e.dataTransfer.files]);
  };

  return (
    <Box
      onDragOver={(e) => {
        e.preventDefault();
        setOver(mayAdd);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={over ? 'drop' : undefined}
      mih="70vh"
    >
      <PageHead title={t('assets')}>
        {mayAdd && (
          <FileButton multiple onChange={send}>
            {(props) => <Button {...props} leftSection={<IconUpload size={16} />}>{t('asset.upload')}</Button>}
          </FileButton>
        )}
      </PageHead>
      {mayAdd && <Text size="sm" c="dimmed" mb="sm">{t('assets.drop')}</Text>}
      <Group mb="md" gap="sm">
        <TextInput type="search" label={t('asset.search')} value={text} onChange={(e) => setText(e.currentTarget.value)} style={{ flex: '1 1 14rem' }} maw={360} />
        <Autocomplete label={t('assets.folder')} data={folders} value={folder} onChange={setFolder} style={{ flex: '1 1 10rem' }} maw={240} clearable clearButtonProps={{ 'aria-label': t('clear') }} />
        <Autocomplete label={t('asset.tag')} data={tags} value={tag} onChange={setTag} style={{ flex: '1 1 10rem' }} maw={240} clearable clearButtonProps={{ 'aria-label': t('clear') }} />
      </Group>
      <UploadList />
      {list.error && <ProblemAlert error={list.error} onRetry={() => void list.refetch()} />}
      {!list.data && !list.error && <Skeleton h={160} />}
      {list.isSuccess && found.length === 0 && <Text c="dimmed">{t('asset.none')}</Text>}
      <SimpleGrid cols={{ base: 2, sm: 3, md: 4, lg: 6 }}>
        {found.map((asset) => (
          <UnstyledButton key={asset.id} className="card" onClick={() => setOpen(asset)}>
            <AssetPicture asset={asset} size={110} />
            <Text size="xs" truncate mt={4} dir="auto">{asset.name}</Text>
            {asset.text?.pages ? <Text size="xs" c="dimmed">{t('file_text.pages', { n: asset.text.pages })}</Text> : null}
          </UnstyledButton>
        ))}
      </SimpleGrid>
      {list.hasNextPage && <Group justify="center" mt="md"><Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t('more')}</Button></Group>}
      <AssetPanel asset={open} onClose={() => setOpen(null)} />
    </Box>
  );
}

// Takes in what is pasted: a picture from elsewhere, files from a folder.
function usePaste(send: ((files: File[]) => void) | null) {
  useEffect(() => {
    if (!send) return;
    const paste = (e: ClipboardEvent) => {
      const files = [...(e.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      e.preventDefault();
      send(files);
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, [send]);
}

// Every word that was met since the screen is open: a filter leaves few of them in the list.
function useSeen(words: string[]): string[] {
  const seen = useRef(new Set<string>());
  for (const word of words) seen.current.add(word);
  return [...seen.current].sort();
}

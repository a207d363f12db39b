import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Alert, Button, FileButton, Group, Modal, Progress, SimpleGrid, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useState } from 'react';
import { assetsQuery, uploadAsset } from '../../api/assets';
import { asProblem } from '../../api/problem';
import type { Asset } from '../../api/types';
import { useRights } from '../../api/session';
import { useI18n } from '../../i18n/i18n';
import { AssetPicture } from './AssetPicture';

interface Props {
  opened: boolean;
  onClose(): void;
  onChoose(asset: Asset): void;
  /** Media types such as "image/*"; none: any. */
  accept?: string[];
}

const fits = (asset: Asset, accept: string[] = []) =>
  accept.length === 0 || accept.some((a) => a === asset.media_type || (a.endsWith('/*') && asset.media_type.startsWith(a.slice(0, -1))));

/** Chooses a file that is there, or takes in a new one. */
export function AssetDialog({ opened, onClose, onChoose, accept }: Props) {
  const { t } = useI18n();
  const rights = useRights();
  const cache = useQueryClient();
  const [text, setText] = useState('');
  const [part, setPart] = useState<number | null>(null);
  const [wrong, setWrong] = useState('');
  const list = useInfiniteQuery({ ...assetsQuery({}), enabled: opened });
  const found = (list.data?.pages ?? [])
    .flatMap((p) => p.assets)
    .filter((a) => fits(a, accept) && a.name.toLowerCase().includes(text.toLowerCase()));

  const upload = async (file: File | null) => {
    if (!file) return;
    setWrong('');
    setPart(0);
    try {
      const asset = await uploadAsset(file, '', setPart);
      await cache.invalidateQueries({ queryKey: ['assets'] });
      onChoose(asset);
    } catch (error) {
      setWrong(asProblem(error).message || t('offline'));
    } finally {
      setPart(null);
    }
  };

  return (
    <Modal opened={opened} onClose={onClose} size="xl" title={t('asset.choose')} closeButtonProps={{ 'aria-label': t('close') }}>
      <Stack>
        <Group align="end">
          <TextInput label={t('asset.search')} value={text} onChange={(e) => setText(e.currentTarget.value)} style={{ flex: 1 }} data-autofocus />
          {rights.may('create', '@assets') && (
            <FileButton onChange={upload} accept={accept?.join(',')}>
              {(props) => (
                <Button {...props} leftSection={<IconUpload size={16} />} loading={part !== null}>
                  {t('asset.upload')}
                </Button>
              )}
            </FileButton>
          )}
        </Group>
        {part !== null && <Progress value={part * 100} aria-label={t('asset.uploading')} />}
        {wrong && <Alert color="red" role="alert">{wrong}</Alert>}
        {list.isSuccess && found.length === 0 && <Text c="dimmed">{t('asset.none')}</Text>}
        <SimpleGrid cols={{ base: 2, sm: 4 }}>
          {found.map((asset) => (
            <UnstyledButton key={asset.id} className="card" onClick={() => onChoose(asset)}>
              <AssetPicture asset={asset} size={96} />
              <Text size="xs" truncate mt={4} dir="auto">{asset.name}</Text>
            </UnstyledButton>
          ))}
        </SimpleGrid>
        {list.hasNextPage && (
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t('more')}
          </Button>
        )}
      </Stack>
    </Modal>
  );
}

import { useQuery } from '@tanstack/react-query';
import { Badge, Box, Group, Text } from '@mantine/core';
import { assetQuery } from '../../api/assets';
import { useI18n } from '../../i18n/i18n';
import { AssetPicture } from './AssetPicture';

/** One chosen asset: its picture, its name, and whether its alternative text is missing. */
export function AssetLine({ id }: { id: string }) {
  const { t } = useI18n();
  const { data, isError } = useQuery(assetQuery(id));
  if (isError) return <Text size="sm" c="red">{t('asset.gone')}</Text>;
  if (!data) return <Text size="sm" c="dimmed">{t('loading')}</Text>;
  const silent = data.media_type.startsWith('image/') && !data.decorative && Object.keys(data.alt ?? {}).length === 0;
  return (
    <Group wrap="nowrap" style={{ minWidth: 0 }}>
      <Box w={72} style={{ flex: 'none' }}><AssetPicture asset={data} size={56} /></Box>
      <Box style={{ minWidth: 0 }}>
        <Text size="sm" truncate dir="auto">{data.name}</Text>
        {silent && <Badge color="orange" variant="light" size="sm">{t('asset.no_alt')}</Badge>}
      </Box>
    </Group>
  );
}

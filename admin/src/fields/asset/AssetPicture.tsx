import { Center, Image, Text } from '@mantine/core';
import { IconFile, IconFileTypePdf } from '@tabler/icons-react';
import { useState } from 'react';
import type { Asset } from '../../api/types';

/** What an asset looks like, small. Its name stands beside it, so it says nothing itself. */
export function AssetPicture({ asset, size }: { asset: Asset; size: number | string }) {
  const [broken, setBroken] = useState(false);
  // A rendition is light; what has none, such as an SVG, is shown itself. Files have a cover, where one can be made.
  const source = asset.renditions?.w320 ?? asset.renditions?.w160 ?? (asset.media_type.startsWith('image/') ? asset.url : undefined);
  if (source && !broken) {
    return <Image src={source} alt="" h={size} w="100%" fit="contain" radius="sm" loading="lazy" onError={() => setBroken(true)} />;
  }
  const Icon = asset.media_type === 'application/pdf' ? IconFileTypePdf : IconFile;
  return (
    <Center h={size} w="100%">
      <Icon size={32} aria-hidden />
      <Text size="xs" c="dimmed" ms={4}>{asset.media_type.split('/')[1]}</Text>
    </Center>
  );
}

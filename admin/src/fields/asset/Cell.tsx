import { useQuery } from '@tanstack/react-query';
import { Box } from '@mantine/core';
import { assetQuery } from '../../api/assets';
import { textOf, type CellProps } from '../types';
import { AssetPicture } from './AssetPicture';

export function Cell({ value }: CellProps) {
  const id = textOf(value);
  const { data } = useQuery({ ...assetQuery(id), enabled: id !== '' });
  return data ? <Box w={56}><AssetPicture asset={data} size={36} /></Box> : null;
}

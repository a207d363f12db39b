import { Badge } from '@mantine/core';
import { IconCircleCheck, IconClock, IconPencil, IconRefreshAlert, IconTrash } from '@tabler/icons-react';
import { useI18n } from '../i18n/i18n';
import type { Status } from '../api/types';

// A sign beside the colour: not everybody sees colours.
const looks = {
  draft: { color: 'gray.7', Icon: IconPencil },
  scheduled: { color: 'blue.8', Icon: IconClock },
  published: { color: 'recueil.8', Icon: IconCircleCheck },
  changed: { color: 'orange.9', Icon: IconRefreshAlert },
  trashed: { color: 'red.8', Icon: IconTrash },
} as const;

export function StatusBadge({ status }: { status: Status }) {
  const { t } = useI18n();
  const { color, Icon } = looks[status];
  return (
    <Badge color={color} variant="outline" leftSection={<Icon size={12} aria-hidden />} className="status" style={{ flex: 'none' }}>
      {t(`status.${status}`)}
    </Badge>
  );
}

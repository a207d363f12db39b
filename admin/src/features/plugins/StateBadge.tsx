import { Badge } from '@mantine/core';
import { IconAlertTriangle, IconCircleCheck, IconClock, IconLoader, IconPlayerPause } from '@tabler/icons-react';
import type { PluginStatus } from '../../api/plugins';
import { useI18n, type Key } from '../../i18n/i18n';

const looks = {
  waiting: { color: 'blue.8', Icon: IconClock },
  disabled: { color: 'gray.7', Icon: IconPlayerPause },
  starting: { color: 'blue.8', Icon: IconLoader },
  running: { color: 'recueil.8', Icon: IconCircleCheck },
  failing: { color: 'orange.9', Icon: IconAlertTriangle },
  halted: { color: 'red.8', Icon: IconAlertTriangle },
} as const;

export function StateBadge({ state }: { state: PluginStatus['state'] }) {
  const { t } = useI18n();
  const { color, Icon } = looks[state];
  return <Badge color={color} variant="outline" leftSection={<Icon size={12} aria-hidden />} className="status" data-state={state}>{t(`plugin.state.${state}` as Key)}</Badge>;
}

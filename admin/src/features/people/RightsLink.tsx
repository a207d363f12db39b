import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useRights } from '../../api/session';
import { useI18n } from '../../i18n/i18n';

/** A way from somebody's account to what they may do. */
export function RightsLink({ user }: { user: string }) {
  const { t } = useI18n();
  if (!useRights().may('manage', '@roles')) return null;
  return <Button variant="subtle" size="compact-sm" component={Link} to={`/rights?user=${user}`}>{t('rights.of')}</Button>;
}

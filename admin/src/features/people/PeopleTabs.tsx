import { Tabs } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useRights } from '../../api/session';
import { useI18n } from '../../i18n/i18n';

type Place = 'people' | 'roles' | 'rights';

/** The three screens about who may do what, side by side. */
export function PeopleTabs({ here }: { here: Place }) {
  const { t } = useI18n();
  const go = useNavigate();
  const rights = useRights();
  const [users, roles] = [rights.may('manage', '@users'), rights.may('manage', '@roles')];
  const places = [users && 'people', roles && 'roles', users && roles && 'rights'].filter((p): p is Place => Boolean(p));
  if (places.length < 2) return null;
  return (
    <Tabs value={here} onChange={(to) => to && void go({ to: `/${to}` })} mb="md" activateTabWithKeyboard={false}>
      <Tabs.List>
        {places.map((p) => <Tabs.Tab key={p} value={p} aria-controls="content">{t(p)}</Tabs.Tab>)}
      </Tabs.List>
    </Tabs>
  );
}

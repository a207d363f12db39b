import { Collapse, NavLink, Text, UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { Link, useRouterState } from '@tanstack/react-router';
import { useEffect, useState, type ReactNode } from 'react';
import { useCollections } from '../api/collections';
import { usePlaces } from '../api/places';
import { useRights } from '../api/session';
import { CollectionIcon } from '../components/CollectionIcon';
import { useI18n } from '../i18n/i18n';
import { browserKeep } from '../lib/storage';
import { navigation, type Place } from './navigation';

// A module of more places than these is folded until it is wanted.
const few = 5;

export function Navigation({ onGo }: { onGo(): void }) {
  const { t, pick, named } = useI18n();
  const rights = useRights();
  const collections = useCollections();
  const path = useRouterState({ select: (s) => s.location.pathname });
  const plugins = usePlaces();
  return navigation(collections, rights, plugins).map(({ group, module, places }) => {
    const name = module ? pick(module.label, group) : group && named('group', group);
    const links = places.map((place) => {
      const { to, label, collection, plugin, icon: Icon } = place;
      const here = isAt(path, place);
      return (
        <NavLink
          key={to}
          component={Link}
          to={to}
          label={collection ? pick(collection.label, collection.name) : plugin ? pick(plugin.label, plugin.id) : label && t(label)}
          leftSection={Icon ? <Icon size={18} aria-hidden /> : <CollectionIcon name={plugin ? (plugin.icon ?? 'plugin') : collection?.icon} size={18} />}
          active={here}
          aria-current={here ? 'page' : undefined}
          onClick={onGo}
          className="place"
        />
      );
    });
    if (module && places.length > few) return <Fold key={group} id={group} name={name} within={places.some((p) => isAt(path, p))}>{links}</Fold>;
    return (
      <div key={group} role="group" aria-label={name || undefined}>
        {name && <Text size="xs" fw={700} c="dimmed" px="sm" pt="md" pb={4} aria-hidden>{name}</Text>}
        {links}
      </div>
    );
  });
}

function isAt(path: string, { to, also = [] }: Place): boolean {
  if (to === '/') return path === '/';
  const under = (place: string) => path === place || path.startsWith(`${place}/`);
  return under(to) || (to.startsWith('/model/') && path.startsWith('/model/')) || also.some(under);
}

interface FoldProps {
  id: string;
  name: string;
  /** One of its places is on the screen. */
  within: boolean;
  children: ReactNode;
}

// A long part of the menu under its name. It opens with what it leads to, and
// stays as it was left.
function Fold({ id, name, within, children }: FoldProps) {
  const kept = `recueil.menu.${id}`;
  const [open, setOpen] = useState(() => within || browserKeep.read(kept) === 'open');
  useEffect(() => {
    if (within) setOpen(true);
  }, [within]);
  const turn = () => {
    setOpen(!open);
    if (open) browserKeep.remove(kept);
    else browserKeep.write(kept, 'open');
  };
  return (
    <div role="group" aria-label={name}>
      <UnstyledButton className="place fold" aria-expanded={open} aria-controls={`menu-${id}`} onClick={turn}>
        <Text size="xs" fw={700} c="dimmed" component="span">{name}</Text>
        <IconChevronDown size={16} aria-hidden />
      </UnstyledButton>
      <Collapse expanded={open} id={`menu-${id}`}>{children}</Collapse>
    </div>
  );
}

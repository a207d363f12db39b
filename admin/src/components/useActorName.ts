import { useQuery } from '@tanstack/react-query';
import { usersQuery } from '../api/people';
import { useMe, useRights } from '../api/session';
import { usePlaces } from '../api/places';
import type { Actor } from '../api/types';
import { useI18n } from '../i18n/i18n';

/** Names whoever did something, as far as one may know. */
export function useActorName(): (actor?: Actor) => string {
  const { t, pick, named } = useI18n();
  const { modules } = usePlaces();
  const me = useMe();
  const { data } = useQuery({ ...usersQuery, enabled: useRights().may('manage', '@users') });
  return (actor) => {
    if (!actor) return '';
    if (actor.id === me?.user?.id) return t('you');
    const module = actor.kind === 'plugin' && modules.find((m) => m.plugin === actor.id);
    if (module) return pick(module.label, actor.id);
    return data?.find((u) => u.id === actor.id)?.name ?? named('actor', actor.kind);
  };
}

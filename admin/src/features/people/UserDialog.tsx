import { Button, Checkbox, Group, Modal, MultiSelect, PasswordInput, Stack, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../api/client';
import { useCollection } from '../../api/collections';
import type { Role } from '../../api/people';
import { useMe, useRights, waysQuery } from '../../api/session';
import type { User } from '../../api/types';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { Picker } from '../../fields/relation/Picker';
import { written } from '../../fields/written';
import { useI18n, type Key } from '../../i18n/i18n';
import { RightsLink } from './RightsLink';

interface Props {
  user: User | 'new' | null;
  roles: Role[];
  onClose(): void;
}

/** Makes or changes an account. */
export function UserDialog({ user, roles, onClose }: Props) {
  const { t } = useI18n();
  return (
    <Modal opened={user !== null} onClose={onClose} title={user === 'new' ? t('people.new') : user?.name} closeButtonProps={{ 'aria-label': t('close') }}>
      {user && <Fields key={user === 'new' ? 'new' : user.id} user={user === 'new' ? undefined : user} roles={roles} onClose={onClose} />}
    </Modal>
  );
}

function Fields({ user, roles, onClose }: { user?: User; roles: Role[]; onClose(): void }) {
  const { t, pick } = useI18n();
  const cache = useQueryClient();
  const letters = useQuery(waysQuery).data?.link ?? false;
  const [name, setName] = useState(user?.name ?? '');
  const [email, setEmail] = useState(user?.email ?? '');
  const [held, setHeld] = useState<string[]>(user?.roles ?? []);
  const [association, setAssociation] = useState(user?.association ?? '');
  const [disabled, setDisabled] = useState(user?.disabled ?? false);
  const [invited, setInvited] = useState(!user && letters);
  const { busy, wrong, attempt, at } = useAttempt();

  // To let somebody in or keep them out is an act of its own, and a request of its own.
  const save = async () => {
    const body = { name, email, roles: held, association };
    if (!user) {
      const made = await api.POST('/users', { body: body as never });
      const id = (made.data as unknown as { data: User }).data.id;
      if (invited) await api.POST('/users/{user}/invite', { params: { path: { user: id } } });
      return;
    }
    const params = { path: { user: user.id } };
    await api.PATCH('/users/{user}', { params, body: body as never });
    if (disabled !== user.disabled) await api.PATCH('/users/{user}', { params, body: { disabled } as never });
  };
  const submit = async () => {
    const done = await attempt(save);
    await cache.invalidateQueries({ queryKey: ['users'] });
    if (done) onClose();
  };

  return (
    <Stack>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void submit();
        }}
      >
        <Stack>
          {wrong && <ProblemAlert error={wrong} />}
          <TextInput label={t('people.name')} required {...written('auto')} value={name} error={at('/name')} onChange={(e) => setName(e.currentTarget.value)} data-autofocus />
          <TextInput label={t('session.email')} type="email" required dir="ltr" value={email} error={at('/email')} onChange={(e) => setEmail(e.currentTarget.value)} />
          <MultiSelect
            label={t('people.roles')}
            data={roles.filter((r) => r.id !== 'visitor').map((r) => ({ value: r.id, label: pick(r.label, r.name) }))}
            value={held}
            onChange={setHeld}
            clearButtonProps={{ 'aria-label': t('clear') }}
          />
          <Association value={association} onChange={setAssociation} />
          {user && <Checkbox label={t('people.disable')} description={t('people.disable_help')} checked={disabled} onChange={(e) => setDisabled(e.currentTarget.checked)} />}
          {!user && letters && <Checkbox label={t('people.invite')} description={t('people.invite_help')} checked={invited} onChange={(e) => setInvited(e.currentTarget.checked)} />}
          <Group justify="flex-end"><Button type="submit" loading={busy}>{t('save')}</Button></Group>
        </Stack>
      </form>
      {user && <Acts user={user} letters={letters} onClose={onClose} />}
    </Stack>
  );
}

/** The profile that somebody acts for, as the role of members needs it. */
function Association({ value, onChange }: { value: string; onChange(id: string): void }) {
  const { t } = useI18n();
  const collection = useCollection('associations');
  if (!collection) return null;
  const frame = { id: 'user-association', label: t('people.association'), description: t('people.association_help'), withAsterisk: false, readOnly: false };
  return <Picker frame={frame} targets={{ collections: [collection], many: false }} ids={value ? [value] : []} onChange={(ids) => onChange(ids[0] ?? '')} />;
}

type Act = 'invite' | 'factor' | 'password' | 'erase';

/** What else can be done with an account; each is asked for before. */
function Acts({ user, letters, onClose }: { user: User; letters: boolean; onClose(): void }) {
  const { t } = useI18n();
  const cache = useQueryClient();
  const rights = useRights();
  const me = useMe();
  const [act, setAct] = useState<Act | null>(null);
  const [password, setPassword] = useState('');
  const { busy, wrong, attempt, forgive } = useAttempt();
  const params = { path: { user: user.id } };
  const work: Record<Act, () => Promise<unknown>> = {
    invite: () => api.POST('/users/{user}/invite', { params }),
    factor: () => api.DELETE('/users/{user}/second-factor', { params }),
    password: () => api.POST('/users/{user}/password', { params, body: { password } }),
    erase: () => api.DELETE('/users/{user}', { params }),
  };
  const offered: Act[] = [];
  if (letters) offered.push('invite');
  if (user.id !== me?.user?.id) offered.push('password');
  if (user.has_second_factor) offered.push('factor');
  if (rights.may('erase', '@users') && user.id !== me?.user?.id) offered.push('erase');
  const go = async (one: Act) => {
    if (!(await attempt(work[one]))) return;
    await cache.invalidateQueries({ queryKey: ['users'] });
    notifications.show({ message: t(`people.${one}.done` as Key) });
    if (one === 'erase') onClose();
    setAct(null);
    setPassword('');
  };
  return (
    <Stack gap="xs">
      {wrong && <ProblemAlert error={wrong} />}
      <Group gap="xs">
        <RightsLink user={user.id} />
        {offered.map((a) => (
          <Button
            key={a} size="compact-sm" variant="subtle" color={a === 'erase' ? 'red' : undefined} loading={busy && act === a} aria-expanded={a === 'invite' ? undefined : act === a}
            onClick={() => {
              forgive();
              if (a === 'invite') void go(a);
              else setAct(act === a ? null : a);
            }}
          >
            {t(`people.${a}` as Key)}
          </Button>
        ))}
      </Group>
      {act && act !== 'invite' && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void go(act);
          }}
        >
          <Stack gap="xs" className="card">
            <Text size="sm">{t(`people.${act}.sure` as Key)}</Text>
            {act === 'password' && (
              <PasswordInput
                label={t('account.new_password')} dir="ltr" required autoComplete="new-password" value={password} onChange={(e) => setPassword(e.currentTarget.value)}
                visibilityToggleButtonProps={{ 'aria-label': t('session.show_password') }}
              />
            )}
            <Group justify="flex-end"><Button type="submit" size="compact-sm" color={act === 'erase' ? 'red' : undefined} loading={busy}>{t(`people.${act}` as Key)}</Button></Group>
          </Stack>
        </form>
      )}
    </Stack>
  );
}

import { Button, Card, Checkbox, Group, Modal, SimpleGrid, Skeleton, Stack, Text, TextInput, Select, Textarea, Title } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { removeRole, rolesQuery, saveRole, type Grant, type Role } from '../../api/people';
import { useLocales } from '../../api/session';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { written } from '../../fields/written';
import { directionOf, useI18n } from '../../i18n/i18n';
import { GrantEditor } from './GrantEditor';
import { emptyRole } from './rights';

/** Makes or changes one role. */
export function RoleScreen() {
  const { t } = useI18n();
  const { role: id } = useParams({ from: '/roles/$role' });
  const roles = useQuery(rolesQuery);
  if (roles.error) return <ProblemAlert error={roles.error} onRetry={() => void roles.refetch()} />;
  if (!roles.data) return <Skeleton h={300} />;
  const role = id === 'new' ? emptyRole() : roles.data.find((r) => r.id === id);
  if (!role) return <Text>{t('roles.none', { name: id })}</Text>;
  return <Edit key={`${id} ${role.revision}`} role={role} isNew={id === 'new'} taken={roles.data.map((r) => r.id)} />;
}

interface Props {
  role: Role;
  isNew: boolean;
  taken: string[];
}

const idForm = /^[a-z][a-z0-9_-]*$/;

function Edit({ role: kept, isNew, taken }: Props) {
  const { t, pick, languageName } = useI18n();
  const go = useNavigate();
  const cache = useQueryClient();
  const locales = useLocales();
  const [role, setRole] = useState(kept);
  const { busy, wrong, attempt, at } = useAttempt();
  const set = (change: Partial<Role>) => setRole((r) => ({ ...r, ...change }));
  const setGrant = (i: number, g: Grant | null) => set({ grants: g ? role.grants.map((old, j) => (j === i ? g : old)) : role.grants.filter((_, j) => j !== i) });
  const name = isNew ? t('roles.new') : pick(kept.label, kept.name);
  const wrongId = isNew && role.id !== '' && (!idForm.test(role.id) ? t('roles.id_form') : taken.includes(role.id) ? t('model.name_taken') : undefined);

  const save = async () => {
    const done = await attempt(() => saveRole({ ...role, name: role.name || role.id }, isNew));
    if (!done) return;
    await cache.invalidateQueries({ queryKey: ['roles'] });
    await cache.invalidateQueries({ queryKey: ['permissions'] });
    notifications.show({ message: t('roles.saved') });
    void go({ to: '/roles' });
  };
  return (
    <>
      <PageHead title={name} before={<Button component={Link} to="/roles" variant="subtle" size="compact-sm">{t('roles')}</Button>} />
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <Stack maw={900}>
          {wrong && <ProblemAlert error={wrong} />}
          {isNew && (
            <TextInput
              label={t('roles.id')} description={t('roles.id_form')} required {...written('ltr')} maw={420} value={role.id} error={wrongId || at('/id')}
              onChange={(e) => set({ id: e.currentTarget.value })} data-autofocus
            />
          )}
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            {locales.map((l) => (
              <TextInput
                key={l} label={t('model.label_in', { language: languageName(l) })} {...written(directionOf(l), l)}
                value={role.label?.[l] ?? ''} onChange={(e) => set({ label: { ...role.label, [l]: e.currentTarget.value } })}
              />
            ))}
          </SimpleGrid>
          <SimpleGrid cols={{ base: 1, sm: 3 }}>
            {locales.map((l) => (
              <Textarea
                key={l} label={t('roles.help_in', { language: languageName(l) })} autosize minRows={2} attributes={{ input: { dir: directionOf(l), lang: l } }}
                value={role.help?.[l] ?? ''} onChange={(e) => set({ help: { ...role.help, [l]: e.currentTarget.value } })}
              />
            ))}
          </SimpleGrid>
          <Select
            label={t('roles.sees')} description={t('roles.sees_help')} allowDeselect={false} maw={420} value={role.sees || 'public'}
            data={(['public', 'members', 'coordinators'] as const).map((v) => ({ value: v, label: t(`sees.${v}`) }))}
            onChange={(v) => set({ sees: v === 'public' ? '' : (v as Role['sees']) })}
          />
          {role.id !== 'visitor' && (
            <Checkbox label={t('roles.second_factor')} description={t('roles.second_factor_help')} checked={role.second_factor ?? false} onChange={(e) => set({ second_factor: e.currentTarget.checked })} />
          )}
          <Title order={2} size="h4">{t('rights')}</Title>
          <Text size="sm" c="dimmed">{t('roles.deny')}</Text>
          {role.grants.map((g, i) => (
            <Card withBorder key={i} component="section" aria-label={t('rights.one', { n: i + 1 })}>
              <GrantEditor grant={g} id={`grant-${i}`} problems={wrong?.errors.filter((p) => p.pointer.startsWith(`/grants/${i}/`) || p.pointer === `/grants/${i}`) ?? []} onChange={(next) => setGrant(i, next)} />
              <Group justify="flex-end"><Button size="compact-sm" variant="subtle" color="red" onClick={() => setGrant(i, null)} aria-label={t('rights.remove_one', { n: i + 1 })}>{t('remove')}</Button></Group>
            </Card>
          ))}
          <Group>
            <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => set({ grants: [...role.grants, { collection: '*', verbs: ['read'] }] })}>{t('rights.add')}</Button>
          </Group>
          <Group justify="space-between" mt="md">
            {!isNew && !kept.builtin ? <Remove role={kept} onDone={() => void go({ to: '/roles' })} /> : <span />}
            <Button type="submit" loading={busy} disabled={Boolean(wrongId)}>{t('save')}</Button>
          </Group>
        </Stack>
      </form>
    </>
  );
}

function Remove({ role, onDone }: { role: Role; onDone(): void }) {
  const { t, pick } = useI18n();
  const cache = useQueryClient();
  const [open, setOpen] = useState(false);
  const { busy, wrong, attempt } = useAttempt();
  const held = wrong?.code === 'role_held';
  const remove = async () => {
    if (!(await attempt(() => removeRole(role.id, held)))) return;
    await cache.invalidateQueries({ queryKey: ['roles'] });
    await cache.invalidateQueries({ queryKey: ['users'] });
    onDone();
  };
  return (
    <>
      <Button variant="subtle" color="red" leftSection={<IconTrash size={16} />} onClick={() => setOpen(true)}>{t('roles.remove')}</Button>
      <Modal opened={open} onClose={() => setOpen(false)} title={t('roles.remove')} closeButtonProps={{ 'aria-label': t('close') }}>
        <Stack>
          <Text size="sm">{t('roles.remove_sure', { name: pick(role.label, role.name) })}</Text>
          {wrong && <ProblemAlert error={wrong} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setOpen(false)} data-autofocus>{t('cancel')}</Button>
            <Button color="red" loading={busy} onClick={() => void remove()}>{t(held ? 'roles.remove_anyway' : 'roles.remove')}</Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

import { Badge, Button, Card, Group, List, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconEye, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { rolesQuery, usersQuery, type Role } from '../../api/people';
import { useRights } from '../../api/session';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useI18n } from '../../i18n/i18n';
import { viewAs } from '../../lib/viewAs';
import { PeopleTabs } from './PeopleTabs';
import { useWords } from './useWords';

/** The roles: what each lets people do, in words. */
export function RolesScreen() {
  const { t } = useI18n();
  const roles = useQuery(rolesQuery);
  const users = useQuery({ ...usersQuery, enabled: useRights().may('manage', '@users') }).data ?? [];
  return (
    <>
      <PageHead title={t('roles')}>
        <Button component={Link} to="/roles/new" leftSection={<IconPlus size={16} />}>{t('roles.new')}</Button>
      </PageHead>
      <PeopleTabs here="roles" />
      <Text size="sm" c="dimmed" mb="md">{t('roles.help')}</Text>
      {roles.error && <ProblemAlert error={roles.error} onRetry={() => void roles.refetch()} />}
      {!roles.data && !roles.error && <Skeleton h={200} />}
      <Stack>
        {roles.data?.map((r) => <RoleCard key={r.id} role={r} holders={users.filter((u) => u.roles?.includes(r.id)).length} />)}
      </Stack>
    </>
  );
}

function RoleCard({ role, holders }: { role: Role; holders: number }) {
  const { t, pick } = useI18n();
  const words = useWords();
  const cache = useQueryClient();
  const go = useNavigate();
  const mayLook = useRights().may('manage', '@users');
  const name = pick(role.label, role.name);
  const look = () => {
    viewAs.set({ id: role.id, name });
    void go({ to: '/' });
    void cache.resetQueries();
  };
  return (
    <Card withBorder component="section" aria-labelledby={`role-${role.id}`}>
      <Group justify="space-between" mb="xs">
        <Group gap="xs">
          <Title order={2} size="h4" id={`role-${role.id}`} dir="auto">{name}</Title>
          {role.builtin && <Badge variant="default" className="status">{t('roles.builtin')}</Badge>}
          {role.second_factor && <Badge variant="outline" color="blue.8" className="status">{t('roles.factor')}</Badge>}
          <Text size="xs" c="dimmed">{role.id === 'visitor' ? t('roles.everybody') : t('roles.holders', { n: holders })}</Text>
        </Group>
        <Group gap="xs">
          {mayLook && <Button size="compact-sm" variant="subtle" leftSection={<IconEye size={14} />} aria-label={t('view_as.of', { name })} onClick={look}>{t('view_as')}</Button>}
          <Button size="compact-sm" variant="light" component={Link} to={`/roles/${role.id}`} aria-label={t('people.edit_of', { name })}>{t('people.edit')}</Button>
        </Group>
      </Group>
      {role.help && <Text size="sm" c="dimmed" mb="xs" dir="auto">{pick(role.help)}</Text>}
      <List size="sm" listStyleType="disc">
        {role.grants.slice(0, 4).map((g, i) => <List.Item key={i}>{words.sentence(g)}</List.Item>)}
        {role.grants.length > 4 && <List.Item>{t('roles.more', { n: role.grants.length - 4 })}</List.Item>}
        {role.grants.length === 0 && <List.Item>{t('roles.nothing')}</List.Item>}
      </List>
    </Card>
  );
}

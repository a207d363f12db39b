import { Badge, Button, Group, Skeleton, Table, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { rolesQuery, usersQuery } from '../../api/people';
import { useRights } from '../../api/session';
import type { User } from '../../api/types';
import { PageHead } from '../../components/Page';
import { ProblemAlert } from '../../components/Problem';
import { useI18n } from '../../i18n/i18n';
import { PeopleTabs } from './PeopleTabs';
import { UserDialog } from './UserDialog';

/** The accounts: who they are, what roles they hold, whether they may come in. */
export function PeopleScreen() {
  const { t, pick } = useI18n();
  const users = useQuery(usersQuery);
  const roles = useQuery({ ...rolesQuery, enabled: useRights().may('manage', '@roles') }).data ?? [];
  const [text, setText] = useState('');
  const [open, setOpen] = useState<User | 'new' | null>(null);
  const wanted = text.toLowerCase();
  const shown = (users.data ?? []).filter((u) => `${u.name} ${u.email}`.toLowerCase().includes(wanted));
  const roleName = (id: string) => pick(roles.find((r) => r.id === id)?.label, id);
  return (
    <>
      <PageHead title={t('people')}>
        <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen('new')}>{t('people.new')}</Button>
      </PageHead>
      <PeopleTabs here="people" />
      <TextInput type="search" label={t('people.search')} value={text} onChange={(e) => setText(e.currentTarget.value)} maw={420} mb="md" />
      {users.error && <ProblemAlert error={users.error} onRetry={() => void users.refetch()} />}
      {!users.data && !users.error && <Skeleton h={160} />}
      {users.data && (
        <Table aria-label={t('people')} verticalSpacing="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">{t('people.name')}</Table.Th>
              <Table.Th scope="col" visibleFrom="sm">{t('session.email')}</Table.Th>
              <Table.Th scope="col">{t('people.roles')}</Table.Th>
              <Table.Th scope="col">{t('acts.column')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((u) => (
              <Table.Tr key={u.id}>
                <Table.Td>
                  <Text size="sm" fw={600} dir="auto">{u.name || t('people.erased')}</Text>
                  <Text size="xs" c="dimmed" dir="ltr" component="span" hiddenFrom="sm" style={{ overflowWrap: 'anywhere' }}>{u.email}</Text>
                  {u.disabled && <Badge color="red.8" variant="outline" size="sm">{t('people.disabled')}</Badge>}
                  {u.has_second_factor && <Badge color="blue.8" variant="outline" size="sm" className="status">{t('people.factor')}</Badge>}
                </Table.Td>
                <Table.Td visibleFrom="sm"><Text size="sm" dir="ltr" component="span">{u.email}</Text></Table.Td>
                <Table.Td><Group gap={4}>{(u.roles ?? []).map((r) => <Badge key={r} variant="default" className="status">{roleName(r)}</Badge>)}</Group></Table.Td>
                <Table.Td><Button size="compact-sm" variant="light" aria-label={t('people.edit_of', { name: u.name })} onClick={() => setOpen(u)}>{t('people.edit')}</Button></Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      <UserDialog user={open} roles={roles} onClose={() => setOpen(null)} />
    </>
  );
}

import { Button, Group, PasswordInput, Stack } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changePassword } from '../../api/account';
import { ProblemAlert } from '../../components/Problem';
import { useAttempt } from '../../components/useAttempt';
import { useI18n } from '../../i18n/i18n';
import { Section } from './Section';

/** Changes the password; every session ends, this one too. */
export function PasswordCard() {
  const { t } = useI18n();
  const cache = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const { busy, wrong, attempt, at } = useAttempt();
  const save = async () => {
    if (!(await attempt(() => changePassword(current, next)))) return;
    notifications.show({ message: t('account.password_changed') });
    await cache.resetQueries();
  };
  const shared = { dir: 'ltr' as const, required: true, visibilityToggleButtonProps: { 'aria-label': t('session.show_password') } };
  return (
    <Section title={t('session.password')} help={t('account.password_help')}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void save();
        }}
      >
        <Stack gap="sm">
          {wrong && !at('/current') && !at('/password') && <ProblemAlert error={wrong} />}
          <PasswordInput {...shared} label={t('account.current_password')} autoComplete="current-password" value={current} error={at('/current')} onChange={(e) => setCurrent(e.currentTarget.value)} />
          <PasswordInput {...shared} label={t('account.new_password')} autoComplete="new-password" value={next} error={at('/password')} onChange={(e) => setNext(e.currentTarget.value)} />
          <Group justify="flex-end"><Button type="submit" variant="light" loading={busy}>{t('account.change_password')}</Button></Group>
        </Stack>
      </form>
    </Section>
  );
}

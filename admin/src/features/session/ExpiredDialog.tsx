import { Modal, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { expired } from '../../api/client';
import { meQuery } from '../../api/session';
import { useI18n } from '../../i18n/i18n';
import { useStore } from '../../lib/store';
import { SignInForm } from './SignInForm';

/** Asks again who one is, over the screen: what is typed there stays. */
export function ExpiredDialog() {
  const { t } = useI18n();
  const over = useStore(expired);
  const cache = useQueryClient();
  const before = cache.getQueryData(meQuery.queryKey);

  const done = async () => {
    const now = await cache.fetchQuery({ ...meQuery, staleTime: 0 });
    if (now.user?.id !== before?.user?.id) {
      window.location.reload(); // another person: their screen, not this one's
      return;
    }
    expired.set(false);
    await cache.invalidateQueries();
  };

  return (
    <Modal opened={over} onClose={() => undefined} withCloseButton={false} closeOnEscape={false} closeOnClickOutside={false} title={t('session.expired')} centered>
      <Stack>
        <Text size="sm">{t('session.expired_help')}</Text>
        <SignInForm email={before?.user?.email} onDone={done} />
      </Stack>
    </Modal>
  );
}

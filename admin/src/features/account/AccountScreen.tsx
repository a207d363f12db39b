import { SimpleGrid, Stack } from '@mantine/core';
import { useMe } from '../../api/session';
import { PageHead } from '../../components/Page';
import { useI18n } from '../../i18n/i18n';
import { FactorCard } from './FactorCard';
import { IdentitiesCard } from './IdentitiesCard';
import { PasswordCard } from './PasswordCard';
import { ProfileCard } from './ProfileCard';
import { SessionsCard } from './SessionsCard';
import { TokensCard } from './TokensCard';

/** One's own account: name, password, second factor, sessions, tokens. */
export function AccountScreen() {
  const { t } = useI18n();
  const user = useMe()?.user;
  if (!user) return null;
  return (
    <>
      <PageHead title={t('account.mine')} />
      <SimpleGrid cols={{ base: 1, lg: 2 }} style={{ alignItems: 'start' }}>
        <Stack>
          <ProfileCard name={user.name} email={user.email} />
          {user.has_password && <PasswordCard />}
          <FactorCard on={user.has_second_factor} password={user.has_password} />
        </Stack>
        <Stack>
          <IdentitiesCard />
          <SessionsCard />
          <TokensCard roles={user.roles ?? []} user={user.id} />
        </Stack>
      </SimpleGrid>
    </>
  );
}

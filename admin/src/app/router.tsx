import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { readListSearch } from '../features/entries/list/search';
import { Shell } from './Shell';

const root = createRootRoute({ component: Shell });

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: lazyRouteComponent(() => import('../features/home/HomeScreen'), 'HomeScreen'),
});

const list = createRoute({
  getParentRoute: () => root,
  path: '/c/$collection',
  validateSearch: readListSearch,
  component: lazyRouteComponent(() => import('../features/entries/list/EntryListScreen'), 'EntryListScreen'),
});

const entry = createRoute({
  getParentRoute: () => root,
  path: '/c/$collection/$entry',
  component: lazyRouteComponent(() => import('../features/entries/editor/EntryScreen'), 'EntryScreen'),
});

const assets = createRoute({
  getParentRoute: () => root,
  path: '/assets',
  component: lazyRouteComponent(() => import('../features/assets/AssetsScreen'), 'AssetsScreen'),
});

const word = (v: unknown): string | undefined => (typeof v === 'string' && v !== '' ? v : undefined);

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (raw: Record<string, unknown>) => ({ actor: word(raw.actor), action: word(raw.action), subject: word(raw.subject) }),
  component: lazyRouteComponent(() => import('../features/audit/AuditScreen'), 'AuditScreen'),
});

const people = createRoute({
  getParentRoute: () => root,
  path: '/people',
  component: lazyRouteComponent(() => import('../features/people/PeopleScreen'), 'PeopleScreen'),
});

const roles = createRoute({
  getParentRoute: () => root,
  path: '/roles',
  component: lazyRouteComponent(() => import('../features/people/RolesScreen'), 'RolesScreen'),
});

const role = createRoute({
  getParentRoute: () => root,
  path: '/roles/$role',
  component: lazyRouteComponent(() => import('../features/people/RoleScreen'), 'RoleScreen'),
});

const rights = createRoute({
  getParentRoute: () => root,
  path: '/rights',
  validateSearch: (raw: Record<string, unknown>) => ({ user: word(raw.user), verb: word(raw.verb), on: word(raw.on), entry: word(raw.entry) }),
  component: lazyRouteComponent(() => import('../features/people/RightsScreen'), 'RightsScreen'),
});

const importing = createRoute({
  getParentRoute: () => root,
  path: '/import/$collection',
  component: lazyRouteComponent(() => import('../features/transfer/ImportScreen'), 'ImportScreen'),
});

const account = createRoute({
  getParentRoute: () => root,
  path: '/account',
  component: lazyRouteComponent(() => import('../features/account/AccountScreen'), 'AccountScreen'),
});

const model = createRoute({
  getParentRoute: () => root,
  path: '/model/$collection',
  component: lazyRouteComponent(() => import('../features/model/ModelScreen'), 'ModelScreen'),
});

const modelImport = createRoute({
  getParentRoute: () => root,
  path: '/model-import',
  component: lazyRouteComponent(() => import('../features/model/ModelImportScreen'), 'ModelImportScreen'),
});

const search = createRoute({
  getParentRoute: () => root,
  path: '/search',
  component: lazyRouteComponent(() => import('../features/search/SearchDeskScreen'), 'SearchDeskScreen'),
});

const plugins = createRoute({
  getParentRoute: () => root,
  path: '/plugins',
  component: lazyRouteComponent(() => import('../features/plugins/PluginsScreen'), 'PluginsScreen'),
});

const plugin = createRoute({
  getParentRoute: () => root,
  path: '/plugins/$plugin',
  component: lazyRouteComponent(() => import('../features/plugins/PluginScreen'), 'PluginScreen'),
});

const place = createRoute({
  getParentRoute: () => root,
  path: '/x/$plugin/$place',
  component: lazyRouteComponent(() => import('../features/places/PlaceScreen'), 'PlaceScreen'),
});

export const router = createRouter({
  routeTree: root.addChildren([home, list, entry, assets, people, roles, role, rights, importing, account, model, modelImport, audit, search, plugins, plugin, place]),
  basepath: '/admin',
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}

export { DialpadService } from './mini-dialer'
export { dialpadService, dialpadService as default } from './page-dialer'

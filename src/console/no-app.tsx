import { Link } from './navigation'
import { Empty, PageHead, Panel } from './ui'

/** Content of an app's page while there is no app. */
export const NoApp = ({ title }: { title: string }) => (
  <>
    <PageHead title={title} />
    <Panel>
      <Empty
        title="No app yet"
        actions={
          <Link className="button" data-kind="primary" to="apps">
            Create an app
          </Link>
        }
      >
        Calls, messages and customers belong to an app: one piece of your software that uses them.
      </Empty>
    </Panel>
  </>
)

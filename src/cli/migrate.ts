import { openDatabase } from '../db/index'
import { commandWithSettings, configOf, DATABASE_SETTINGS } from './session'

export const migrate = () =>
  commandWithSettings(
    'migrate',
    'bring the database up to this binary; a start does the same',
    DATABASE_SETTINGS,
  ).action(async (flags) => {
    const { databaseUrl, databaseDirectUrl } = configOf(flags)
    const database = openDatabase(databaseUrl, databaseDirectUrl)
    try {
      const applied = await database.migrate()
      console.log(applied.length > 0 ? `Applied: ${applied.join(', ')}` : 'The database is up to date.')
    } finally {
      await database.close()
    }
  })

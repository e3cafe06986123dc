/**
 * The schema as a numbered list. A migration that was released never changes; what must change is one more migration.
 * `PRAGMA user_version` is the number of migrations that a file has seen. sql-names.ts says how tables and columns are called.
 */
const entities = `
CREATE TABLE Things (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  properties TEXT
) STRICT;

CREATE TABLE FeaturesOfInterest (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  encodingType TEXT NOT NULL,
  feature TEXT NOT NULL,
  properties TEXT
) STRICT;

CREATE TABLE Locations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  encodingType TEXT NOT NULL,
  location TEXT NOT NULL,
  properties TEXT,
  generatedFeatureOfInterestId INTEGER REFERENCES FeaturesOfInterest (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX Locations_generated ON Locations (generatedFeatureOfInterestId);

CREATE TABLE Things_Locations (
  thingId INTEGER NOT NULL REFERENCES Things (id) ON DELETE CASCADE,
  locationId INTEGER NOT NULL REFERENCES Locations (id) ON DELETE CASCADE,
  PRIMARY KEY (thingId, locationId)
) STRICT, WITHOUT ROWID;
CREATE INDEX Things_Locations_back ON Things_Locations (locationId, thingId);

CREATE TABLE HistoricalLocations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  thingId INTEGER NOT NULL REFERENCES Things (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX HistoricalLocations_thing ON HistoricalLocations (thingId, time);

CREATE TABLE Locations_HistoricalLocations (
  locationId INTEGER NOT NULL REFERENCES Locations (id) ON DELETE CASCADE,
  historicalLocationId INTEGER NOT NULL REFERENCES HistoricalLocations (id) ON DELETE CASCADE,
  PRIMARY KEY (locationId, historicalLocationId)
) STRICT, WITHOUT ROWID;
CREATE INDEX Locations_HistoricalLocations_back ON Locations_HistoricalLocations (historicalLocationId, locationId);

CREATE TABLE Sensors (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  encodingType TEXT NOT NULL,
  metadata TEXT NOT NULL,
  properties TEXT
) STRICT;

CREATE TABLE ObservedProperties (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,
  description TEXT NOT NULL,
  properties TEXT
) STRICT;

CREATE TABLE Datastreams (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  unitOfMeasurement TEXT NOT NULL,
  observationType TEXT NOT NULL,
  properties TEXT,
  thingId INTEGER NOT NULL REFERENCES Things (id) ON DELETE CASCADE,
  sensorId INTEGER NOT NULL REFERENCES Sensors (id) ON DELETE CASCADE,
  observedPropertyId INTEGER NOT NULL REFERENCES ObservedProperties (id) ON DELETE CASCADE
) STRICT;
CREATE INDEX Datastreams_thing ON Datastreams (thingId);
CREATE INDEX Datastreams_sensor ON Datastreams (sensorId);
CREATE INDEX Datastreams_observedProperty ON Datastreams (observedPropertyId);

-- Observations that must go because an entity went, until the log has taken the order.
CREATE TABLE Removals (
  key INTEGER PRIMARY KEY AUTOINCREMENT,
  removal TEXT NOT NULL
) STRICT;
`;

export const migrations: readonly string[] = [entities];

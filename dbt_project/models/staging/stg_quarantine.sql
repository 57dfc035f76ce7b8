select * from {{ source("canonical", "quarantine") }}

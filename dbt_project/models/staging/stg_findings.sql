select * from {{ source("canonical", "findings") }}

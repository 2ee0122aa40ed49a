BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $points = foreach ($number in 9, 7, 4) {
        @{ pair = 'sales'; pairId = 'x'; number = $number; pointTime = "2026-01-02T03:0$($number):00Z"; committedAt = "2026-01-02T03:0$($number):01Z"; ageMs = 60000; sizeBytes = 1073741824; changedBytes = 65536; grainsInIntermediate = 0; latest = $number -eq 9; retained = $true }
    }
    $fake = New-FakeAgent @{
        'GET /v1/pairs'              = @{ items = @((New-PairBody sales), (New-PairBody empty)) }
        'GET /v1/pairs/sales/points' = @{ items = $points }
        'GET /v1/pairs/empty/points' = @{ items = @() }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-ConsistencyPoint' {
    It 'shows the points of all pairs, newest first' {
        (Get-ConsistencyPoint -Agent $fake.StateDirectory).Number | Should -Be 9, 7, 4
    }

    It 'shows the latest, and one by number' {
        (Get-ConsistencyPoint sales -Latest -Agent $fake.StateDirectory).Number | Should -Be 9
        (Get-ConsistencyPoint sales 7 -Agent $fake.StateDirectory).Number | Should -Be 7
        { Get-ConsistencyPoint sales 5 -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PointNotFound,*'
        Get-ConsistencyPoint empty -Agent $fake.StateDirectory -ErrorAction Stop | Should -BeNullOrEmpty
    }

    It 'completes the numbers of the pair that is typed' {
        $line = "Get-ConsistencyPoint -Agent $($fake.StateDirectory) -Pair sales -Number "
        ([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null)).CompletionMatches.CompletionText | Should -Be '9', '7', '4'
    }
}

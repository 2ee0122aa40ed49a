BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'POST /v1/pairs/sales/cycles' = @{ Status = 201; Body = (New-CycleBody) }
        'POST /v1/pairs/busy/cycles'  = New-ErrorBody CycleRunning ResourceBusy 409 'Run Wait-FlashcopyCycle, or Start-FlashcopyCycle -Supersede.'
        'POST /v1/plans'              = @{ action = 'StartCycle'; pair = 'sales'; bytesToMove = 196608; timeMs = 2500; dataLossAfterMs = 2500; pointsLost = 0; bytesDeleted = 0; grainsDiscarded = 0; warnings = @() }
        'GET /v1/pairs/sales'         = New-PairBody sales
        'GET /v1/pairs/busy'          = New-PairBody busy
        'GET /v1/groups/shop'         = New-GroupBody shop
        'GET /v1/pairs/db'            = New-PairBody db @{ group = 'shop' }
        'GET /v1/pairs/log'           = New-PairBody log @{ group = 'shop' }
        'POST /v1/pairs/db/cycles'    = @{ Status = 201; Body = (New-CycleBody -With @{ pair = 'db' }) }
        'POST /v1/pairs/log/cycles'   = New-ErrorBody CycleRunning ResourceBusy 409
        'GET /v1/pairs/log/cycles/8'  = New-CycleBody -With @{ pair = 'log' }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Start-FlashcopyCycle' {
    It 'writes the cycle with -PassThru only' {
        Start-FlashcopyCycle sales -Agent $fake.StateDirectory | Should -BeNullOrEmpty
        $cycle = Get-MirrorPair sales -Agent $fake.StateDirectory | Start-FlashcopyCycle -PassThru
        $cycle.Number | Should -Be 8
        $cycle.PercentComplete | Should -Be 50
        $cycle.TimeLeft | Should -Be ([timespan]::FromSeconds(3))
    }

    It 'supersedes when told' {
        Start-FlashcopyCycle sales -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.supersede | Should -BeFalse
        Start-FlashcopyCycle sales -Supersede -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.supersede | Should -BeTrue
    }

    It 'recommends to wait where one runs' {
        $problem = { Start-FlashcopyCycle busy -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'CycleRunning,*'
        $problem.ErrorDetails.RecommendedAction | Should -Match 'Wait-FlashcopyCycle'
    }

    It 'takes one point of a consistency group in a pipeline, and writes the cycle of each pair' {
        $before = $fake.Requests.Count
        $cycles = Get-MirrorGroup shop -Agent $fake.StateDirectory | Start-FlashcopyCycle -PassThru -ErrorAction Stop
        $cycles.Pair | Should -Be 'db', 'log'
        $cycles.Number | Should -Be 8, 8
        Get-MirrorPair db, log -Agent $fake.StateDirectory | Start-FlashcopyCycle -Supersede -ErrorAction Stop
        @($fake.Requests.ToArray() | Select-Object -Skip $before | Where-Object Method -EQ POST).Path | Should -Be '/v1/pairs/db/cycles', '/v1/pairs/db/cycles'
    }

    It 'says CycleRunning for a consistency group whose point is of another pipeline' {
        { Start-FlashcopyCycle log -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'CycleRunning,*'
    }

    It 'says with -WhatIf that the cycle is one of all pairs of the group' {
        Get-SessionText "Start-FlashcopyCycle db -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match "Start a cycle, of all pairs of the group 'shop': db\. Bytes to move"
    }

    It 'says bytes, time and RPO with -WhatIf' {
        Get-SessionText "Start-FlashcopyCycle sales -Agent '$($fake.StateDirectory)' -WhatIf" | Should -Match 'Bytes to move: 192 KB in about 2\.5 s\. RPO after it: 2\.5 s'
    }
}

Describe 'Start-FlashcopyCycle with real agents' -Tag RealAgent, 'F-12' {
    It 'takes a new point of <_> each time' -ForEach 'Flashcopy', 'AsyncCopy' {
        $pair = New-TestPair -With @{ Service = $_ }
        $first = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        $second = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        $second.Number | Should -BeGreaterThan $first.Number
        $second.PointTime | Should -BeGreaterThan $first.PointTime
    }

    It 'is seen by a second session' {
        $pair = New-TestPair -Size 64MB
        $started = $pair | Start-FlashcopyCycle -PassThru
        $seen = pwsh -NoProfile -Command "Import-Module '$(Get-StagedModulePath)'; (Get-FlashcopyCycle $($pair.Name) -Agent '$((Get-TestSites).Site1.StateDirectory)').Number"
        $seen | Should -Contain ([string] $started.Number)
        ($started | Wait-FlashcopyCycle -Timeout 60).State | Should -Be 'Committed'
    }
}

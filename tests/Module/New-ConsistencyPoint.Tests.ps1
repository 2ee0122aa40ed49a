BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $cycle = @{ pair = 'mail'; pairId = 'x'; number = 7; state = 'Copying'; reason = 'Manual'; pointTime = '2026-01-02T03:07:00Z'; grainsTotal = 10; grainsDone = 0; bytesTotal = 655360 }
    function Ended([string] $state) { $done = $cycle.Clone(); $done.state = $state; $done.grainsDone = 10; $done.endedAt = '2026-01-02T03:07:05Z'; $done.committedAt = '2026-01-02T03:07:05Z'; $done }
    $fake = New-FakeAgent @{
        'GET /v1/pairs/mail'                  = @{ id = 'x'; name = 'mail'; sizeBytes = 1073741824 }
        'GET /v1/pairs/db'                    = @{ id = 'y'; name = 'db'; group = 'shop'; sizeBytes = 1048576 }
        'GET /v1/pairs/images'                = @{ id = 'z'; name = 'images'; group = 'shop'; sizeBytes = 1048576 }
        'POST /v1/plans'                      = @{ action = 'StartCycle'; pair = 'mail'; bytesToMove = 655360 }
        'POST /v1/pairs/mail/points'          = @{ Status = 201; Body = $cycle }
        'POST /v1/pairs/db/points'            = @{ Status = 201; Body = $cycle }
        'GET /v1/pairs/mail/cycles/7/follow'  = @{ Stream = @($cycle, (Ended 'Committed')) }
        'GET /v1/pairs/db/cycles/7/follow'    = @{ Stream = @(, (Ended 'Committed')) }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'New-ConsistencyPoint' -Tag 'A-10' {
    BeforeEach { $before = $fake.Requests.Count }

    It 'takes a point by name, and waits until it is committed' {
        $point = New-ConsistencyPoint mail before-update -Agent $fake.StateDirectory
        $point.Number | Should -Be 7
        $point.Label | Should -Be 'before-update'
        $point.Latest | Should -BeTrue
        $point.Size | Should -Be 1GB
        $point.CommittedAt | Should -Be ([DateTimeOffset]'2026-01-02T03:07:05Z')
        (Get-LastRequest $fake POST).Body.name | Should -Be 'before-update'
    }

    It 'takes one point of a group, whichever pairs are given' {
        @(New-ConsistencyPoint db, images -Name x -Agent $fake.StateDirectory).Count | Should -Be 1
    }

    It 'does nothing with -WhatIf' {
        New-ConsistencyPoint mail x -WhatIf -Agent $fake.StateDirectory
        @($fake.Requests.ToArray() | Select-Object -Skip $before).Path | Should -Not -Contain '/v1/pairs/mail/points'
    }

    It 'says CycleGivenUp where the point is <_>' -ForEach 'GivenUp', 'Superseded' {
        $fake.Route['GET /v1/pairs/mail/cycles/7/follow'] = @{ Stream = @(, (Ended $_)) }
        { New-ConsistencyPoint mail x -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'CycleGivenUp,*'
    }

    It 'tells the error of the agent' {
        $fake.Route['POST /v1/pairs/mail/points'] = @{ Status = 409; Body = @{ errorId = 'PointNameExists'; message = 'Point 3 has the name.'; category = 'ResourceExists'; recommendedAction = 'Choose another -Name.' } }
        { New-ConsistencyPoint mail x -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'PointNameExists,*'
    }
}

Describe 'Points by name with real agents' -Tag RealAgent, 'A-10', 'P-1' {
    It 'recovers to a named point, and removes another one' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB -With @{ Service = 'AsyncCopy'; RetainPoints = 3 }
        $bytes = [byte[]]::new(4096)
        [Random]::new(1).NextBytes($bytes)
        Write-MirrorVolume $pair.Name 1MB $bytes -Agent $sites.Site1
        $point = $pair | New-ConsistencyPoint -Name before-update -Timeout 60
        $atPoint = Get-VolumeHash $pair.Name 8MB $sites.Site1
        foreach ($place in 1MB, 2MB) {
            Write-MirrorVolume $pair.Name $place ([byte[]]::new(8192)) -Agent $sites.Site1
            $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        }
        $points = Get-ConsistencyPoint $pair.Name -Agent $sites.Site2
        $points | Where-Object Label -EQ 'before-update' | Select-Object -ExpandProperty Number | Should -Be $point.Number
        Remove-ConsistencyPoint $pair.Name $points[1].Number -Confirm:$false -Agent $sites.Site2
        { Remove-ConsistencyPoint $pair.Name $points[0].Number -Confirm:$false -Agent $sites.Site2 -ErrorAction Stop } | Should -Throw -ErrorId 'PointIsLatest,*'
        $recovery = Invoke-MirrorRecovery $pair.Name -ConsistencyPoint before-update -Force -Confirm:$false -Agent $sites.Site2
        $recovery.Point | Should -Be $point.Number
        Get-VolumeHash $recovery.Volume.Name 8MB $sites.Site2 | Should -Be $atPoint
    }
}

BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{ 'PUT /v1/pairs/sales/schedule' = @{ kind = 'Every'; everyMs = 300000; pair = 'sales'; coalescedTicks = 0; nextAt = '2026-01-01T00:05:00Z' } }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Set-MirrorSchedule' {
    It 'sets an interval' {
        $schedule = Set-MirrorSchedule sales -Every 5m -Agent $fake.StateDirectory -PassThru
        $schedule.Every | Should -Be ([timespan]::FromMinutes(5))
        $schedule.NextAt | Should -BeOfType [DateTimeOffset]
        $body = (Get-LastRequest $fake).Body
        $body.kind | Should -Be 'Every'
        $body.everyMs | Should -Be 300000
    }

    It 'sets continuous, manual and cron' {
        Set-MirrorSchedule sales -Continuous -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.kind | Should -Be 'Continuous'
        Set-MirrorSchedule sales -Manual -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.kind | Should -Be 'Manual'
        Set-MirrorSchedule sales -Cron '0 2 * * *' -TimeZone Europe/Berlin -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Body.cron | Should -Be '0 2 * * *'
        (Get-LastRequest $fake).Body.timeZone | Should -Be 'Europe/Berlin'
    }

    It 'refuses two kinds at once' {
        { Set-MirrorSchedule sales -Continuous -Manual -Agent $fake.StateDirectory } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }
}

Describe 'Set-MirrorSchedule with real agents' -Tag RealAgent, 'F-10' {
    It 'is kept, and starts cycles of <_> by itself' -ForEach 'Flashcopy', 'AsyncCopy' {
        $sites = Get-TestSites
        $pair = New-TestPair -With @{ Service = $_ }
        $pair | Set-MirrorSchedule -Every 1s
        Wait-Until { (Get-MirrorPair $pair.Name -Agent $sites.Site1).CommittedPoint -ge 1 }
        (Get-MirrorSchedule $pair.Name -Agent $sites.Site1).Kind | Should -Be 'Every'
        $pair | Set-MirrorSchedule -Manual
    }

    It 'refuses a cron expression and a zone that are none' {
        $pair = New-TestPair
        { $pair | Set-MirrorSchedule -Cron '99 * * * *' -ErrorAction Stop } | Should -Throw -ErrorId 'ScheduleInvalid,*'
        { $pair | Set-MirrorSchedule -Cron '0 * * * *' -TimeZone Mars/Base -ErrorAction Stop } | Should -Throw -ErrorId 'TimeZoneNotFound,*'
    }
}

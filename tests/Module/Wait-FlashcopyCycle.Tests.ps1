BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{
        'GET /v1/pairs/sales/cycles'          = @{ items = @(, (New-CycleBody 8)) }
        'GET /v1/pairs/new/cycles'            = @{ items = @() }
        'GET /v1/pairs/sales/cycles/8/follow' = @{ Stream = @(
                (New-CycleBody 8 Copying @{ grainsDone = 10 })
                (New-CycleBody 8 Copying @{ grainsDone = 60 })
                (New-CycleBody 8 Copying @{ grainsDone = 40 })
                (New-CycleBody 8 Completed @{ grainsDone = 120 })
                (New-CycleBody 8 Committed))
        }
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Wait-FlashcopyCycle' {
    It 'waits for the running cycle and writes it as it ended' {
        $cycle = Wait-FlashcopyCycle sales -Agent $fake.StateDirectory
        $cycle.State | Should -Be 'Committed'
        $cycle.PercentComplete | Should -Be 100
    }

    It 'shows progress that never exceeds 100 % and never goes back' {
        $run = Start-InRunspace { param($state) Wait-FlashcopyCycle sales -Agent $state } $fake.StateDirectory
        $null = $run.Shell.EndInvoke($run.Handle)
        $shown = @($run.Shell.Streams.Progress | Where-Object RecordType -EQ Processing)
        $shown.Count | Should -BeGreaterOrEqual 4
        $percents = $shown.PercentComplete
        $percents | Should -Be ($percents | Sort-Object)
        ($percents | Measure-Object -Maximum).Maximum | Should -BeLessOrEqual 100
        $shown[1].StatusDescription | Should -Match '60 of 100 grains'
        $shown[0].SecondsRemaining | Should -Be 3
        @($run.Shell.Streams.Progress)[-1].RecordType | Should -Be 'Completed'
        $run.Shell.Dispose()
    }

    It 'ends at Ctrl+C, and leaves the cycle alone' {
        $held = New-FakeAgent @{ 'GET /v1/pairs/sales/cycles/8/follow' = @{ Stream = @(, (New-CycleBody 8)); Hold = $true } }
        $run = Start-InRunspace { param($state) Wait-FlashcopyCycle sales -Number 8 -Agent $state } $held.StateDirectory
        Wait-Until { $run.Shell.Streams.Progress.Count -gt 0 }
        $watch = [Diagnostics.Stopwatch]::StartNew()
        Stop-InRunspace $run | Should -Be 'Stopped'
        $watch.Elapsed.TotalSeconds | Should -BeLessThan 5
        $held.Requests.ToArray().Method | Should -Be 'GET'
        Stop-FakeAgent $held
    }

    It 'says WaitTimeout when the time is over; the cycle goes on' {
        $held = New-FakeAgent @{ 'GET /v1/pairs/sales/cycles/8/follow' = @{ Stream = @(, (New-CycleBody 8)); Hold = $true } }
        $problem = { Wait-FlashcopyCycle sales -Number 8 -Timeout 0.5 -Agent $held.StateDirectory -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'WaitTimeout,*'
        $problem.CategoryInfo.Category | Should -Be 'OperationTimeout'
        Stop-FakeAgent $held
    }

    It 'goes on after the stream was cut' {
        $cut = New-FakeAgent @{ 'GET /v1/pairs/sales/cycles/8/follow' = @{ Stream = @(, (New-CycleBody 8)) } }
        $run = Start-InRunspace { param($state) Wait-FlashcopyCycle sales -Number 8 -Agent $state } $cut.StateDirectory
        Wait-Until { $cut.Requests.Count -ge 2 }
        $cut.Route['GET /v1/pairs/sales/cycles/8/follow'] = @{ Stream = @(, (New-CycleBody 8 Committed)) }
        $run.Shell.EndInvoke($run.Handle).State | Should -Be 'Committed'
        $run.Shell.Dispose()
        Stop-FakeAgent $cut
    }

    It 'follows the cycle that superseded the one it waits for' {
        $fake.Route['GET /v1/pairs/sales/cycles/9/follow'] = @{ Stream = @(, (New-CycleBody 9 Superseded @{ supersededBy = 10 })) }
        $fake.Route['GET /v1/pairs/sales/cycles/10/follow'] = @{ Stream = @(, (New-CycleBody 10 Committed)) }
        (Wait-FlashcopyCycle sales -Number 9 -Agent $fake.StateDirectory).Number | Should -Be 10
    }

    It 'writes a cycle that was given up, and an error too' {
        $fake.Route['GET /v1/pairs/sales/cycles/11/follow'] = @{ Stream = @(, (New-CycleBody 11 GivenUp @{ errorId = 'DiskFull'; message = 'B is full.' })) }
        $cycle = Wait-FlashcopyCycle sales -Number 11 -Agent $fake.StateDirectory -ErrorVariable problems -ErrorAction SilentlyContinue
        $cycle.State | Should -Be 'GivenUp'
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'CycleGivenUp,*'
        $problems[0].Exception.Message | Should -Match 'B is full'
    }

    It 'says NoCycleRunning for a pair that never had one' {
        { Wait-FlashcopyCycle new -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'NoCycleRunning,*'
    }

    It 'takes a duration as <Given>' -ForEach @(@{ Given = 1 }, @{ Given = '1s' }, @{ Given = '00:00:01' }, @{ Given = [timespan]::FromSeconds(1) }, @{ Given = '1000ms' }) {
        (Wait-FlashcopyCycle sales -Timeout $Given -Agent $fake.StateDirectory).State | Should -Be 'Committed'
    }

    It 'waits as a job with -AsJob, which Stop-Job ends' {
        $job = [pscustomobject]@{ Pair = 'sales'; Agent = $fake.StateDirectory } | Wait-FlashcopyCycle -AsJob
        $job | Should -BeOfType [System.Management.Automation.Job]
        (Receive-Job $job -Wait).State | Should -Be 'Committed'
        $job.State | Should -Be 'Completed'
        $held = New-FakeAgent @{ 'GET /v1/pairs/sales/cycles/8/follow' = @{ Stream = @(, (New-CycleBody 8)); Hold = $true } }
        $waiting = Wait-FlashcopyCycle sales -Number 8 -Agent $held.StateDirectory -AsJob
        Wait-Until { $held.Requests.Count -gt 0 }
        Stop-Job $waiting
        $waiting.State | Should -Be 'Stopped'
        $job, $waiting | Remove-Job
        Stop-FakeAgent $held
    }

    It 'ends a job by Stop-Job and Remove-Job in one breath, and the session goes on' {
        # The job was a list of statements; PowerShell's worker read its runspace once more after the stop, and ended the whole process.
        $held = New-FakeAgent @{ 'GET /v1/pairs/sales/cycles/8/follow' = @{ Stream = @(, (New-CycleBody 8)); Hold = $true } }
        $ended = Get-SessionText "1..30 | ForEach-Object {
            `$job = Wait-FlashcopyCycle sales -Number 8 -Agent '$($held.StateDirectory)' -AsJob
            while (`$job.Progress.Count -eq 0) { Start-Sleep -Milliseconds 10 }
            Stop-Job `$job
            Remove-Job `$job
        }
        'still here'"
        Stop-FakeAgent $held
        $ended | Should -Match 'still here'
    }

    It 'takes each pair of a job in turn, and fails the job for the one that is not there' {
        $job = 'gone', 'sales' | Wait-FlashcopyCycle -Agent $fake.StateDirectory -AsJob
        $null = Wait-Job $job
        $job.State | Should -Be 'Failed'
        (Receive-Job $job -ErrorAction SilentlyContinue -ErrorVariable problems).Pair | Should -Be 'sales'
        $problems[0].FullyQualifiedErrorId | Should -BeLike 'PairNotFound,*'
        Remove-Job $job
    }
}

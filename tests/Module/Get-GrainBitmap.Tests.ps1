BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $common = @{ pair = 'sales'; pairId = 'x'; map = 'Copied'; site = 'Source'; grainSizeBytes = 65536; grainCount = 20; setCount = 10 }
    $mail = @{ pair = 'mail'; pairId = 'y'; grainSizeBytes = 65536; grainCount = 8; setCount = 1; firstGrain = 0; pageGrains = 8; bits = 'AQ==' }
    $fake = New-FakeAgent @{
        'GET /v1/pairs/sales'                       = New-PairBody sales
        'GET /v1/pairs/odd'                         = New-PairBody odd
        'GET /v1/pairs/mail'                        = New-PairBody mail @{ service = 'AsyncCopy' }
        'GET /v1/pairs/mail/bitmaps/OutOfSync'      = $mail + @{ map = 'OutOfSync'; site = 'Source' }
        'GET /v1/pairs/mail/bitmaps/Preserved'      = $mail + @{ map = 'Preserved'; site = 'Target' }
        # Grains 0, 1, 8 to 15.
        'GET /v1/pairs/sales/bitmaps/Copied'        = $common + @{ firstGrain = 0; pageGrains = 20; bits = [Convert]::ToBase64String([byte[]] (3, 255, 0)) }
        'GET /v1/pairs/sales/bitmaps/Copied/ranges' = $common + @{ items = @(@{ first = 0; count = 2 }, @{ first = 8; count = 8 }) }
        'GET /v1/pairs/sales/bitmaps/Unhardened'    = New-ErrorBody MapNotKept ObjectNotFound 404
    }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Get-GrainBitmap' {
    It 'shows bits and counts' {
        $map = Get-GrainBitmap sales -Agent $fake.StateDirectory
        $map.GrainCount | Should -Be 20
        $map.SetCount | Should -Be 10
        $map.ClearCount | Should -Be 10
        $map.PercentSet | Should -Be 50
        $map.IsSet(1) | Should -BeTrue
        $map.IsSet(2) | Should -BeFalse
        $map.IsSet(15) | Should -BeTrue
        { $map.IsSet(20) } | Should -Throw
    }

    It 'shows runs with offsets' {
        $ranges = Get-GrainBitmap sales -AsRanges -Agent $fake.StateDirectory
        $ranges.FirstGrain | Should -Be 0, 8
        $ranges[1].Offset | Should -Be 512KB
        $ranges[1].Length | Should -Be 512KB
    }

    It 'asks for the side' {
        $null = Get-GrainBitmap sales Copied -Site Target -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Query | Should -Match 'site=Target'
    }

    It 'shows the map that the service of the pair has, and Preserved of the target' {
        (Get-GrainBitmap mail -Agent $fake.StateDirectory).Map | Should -Be 'OutOfSync'
        (Get-LastRequest $fake).Query | Should -Match 'site=Source'
        (Get-GrainBitmap mail -Site Target -Agent $fake.StateDirectory).Map | Should -Be 'Preserved'
        $null = Get-GrainBitmap mail Preserved -Agent $fake.StateDirectory
        (Get-LastRequest $fake).Query | Should -Match 'site=Target'
        (TabExpansion2 'Get-GrainBitmap mail -Map Ch' 28).CompletionMatches.CompletionText | Should -Be 'ChangeRecording'
    }

    It 'says MapNotKept for a map of another service' {
        { Get-GrainBitmap sales Unhardened -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'MapNotKept,*'
    }

    It 'says MirrorAgentProtocolError for pages that do not fit together' {
        $fake.Route['GET /v1/pairs/odd/bitmaps/Copied'] = $common + @{ firstGrain = 0; pageGrains = 8; bits = [Convert]::ToBase64String([byte[]] (3)) }
        { Get-GrainBitmap odd -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'MirrorAgentProtocolError,*'
    }
}

Describe 'Get-GrainBitmap with real agents' -Tag RealAgent, 'F-5' {
    It 'shows a write to a copied grain in the future map' {
        $sites = Get-TestSites
        $pair = New-TestPair
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        Write-MirrorVolume $pair.Name (3 * 64KB) ([byte[]]::new(512)) -Agent $sites.Site1
        $ranges = Get-GrainBitmap $pair.Name Future -AsRanges -Agent $sites.Site1
        $ranges.FirstGrain | Should -Be 3
        $ranges.GrainCount | Should -Be 1
    }
}

Describe 'Get-GrainBitmap of asynchronous copy with real agents' -Tag RealAgent, 'A-1', 'A-6' {
    It 'shows what is out of sync, and what is preserved at the target' {
        $sites = Get-TestSites
        $pair = New-TestPair -With @{ Service = 'AsyncCopy' }
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        Write-MirrorVolume $pair.Name (3 * 64KB) ([byte[]] (, 1 * 512)) -Agent $sites.Site1
        Wait-Until { (Get-GrainBitmap $pair.Name Preserved -Agent $sites.Site1).SetCount -eq 1 }
        (Get-GrainBitmap $pair.Name Preserved -AsRanges -Agent $sites.Site2).FirstGrain | Should -Be 3
        $pair | Suspend-MirrorPair
        Write-MirrorVolume $pair.Name (5 * 64KB) ([byte[]]::new(512)) -Agent $sites.Site1
        (Get-GrainBitmap $pair.Name OutOfSync -AsRanges -Agent $sites.Site1).FirstGrain | Should -Be 5
        (Get-GrainBitmap $pair.Name ChangeRecording -Agent $sites.Site1).SetCount | Should -Be 0
        $problem = { Get-GrainBitmap $pair.Name Copied -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -PassThru
        $problem.FullyQualifiedErrorId | Should -BeLike 'MapNotKept,*'
        $problem.Exception.Message | Should -Match 'OutOfSync and ChangeRecording'
    }
}

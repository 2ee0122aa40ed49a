BeforeAll {
    Import-Module (Join-Path $PSScriptRoot 'TestHelpers.psm1')
    Import-StagedModule
    $fake = New-FakeAgent @{ 'GET /v1/volumes/sales/data' = @{ Body = [byte[]] (1..255 + 1..255 + 1, 2) } }
}

AfterAll { Stop-FakeAgent $fake }

Describe 'Read-MirrorVolume' {
    It 'reads bytes at an offset' {
        $data = Read-MirrorVolume sales 1MB 512 -Agent $fake.StateDirectory
        $data.Offset | Should -Be 1MB
        $data.Length | Should -Be 512
        $data.Bytes[2] | Should -Be 3
        (Get-LastRequest $fake).Query | Should -Be '?offset=1048576&length=512'
    }

    It 'refuses what is not whole sectors' {
        { Read-MirrorVolume sales 100 512 -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'RangeNotAligned,*'
        { Read-MirrorVolume sales 0 100 -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'RangeNotAligned,*'
    }

    It 'says what an offset and a length are' {
        (Read-MirrorVolume sales '1MB' '512' -Agent $fake.StateDirectory).Offset | Should -Be 1MB
        { Read-MirrorVolume sales here 512 -Agent $fake.StateDirectory } | Should -Throw "*'Offset'*'here' is not a size in bytes*64KB*"
        { Read-MirrorVolume sales 0 512.5 -Agent $fake.StateDirectory } | Should -Throw "*'Length'*'512.5' is not a size in bytes*64KB*"
    }

    It 'asks for long ranges in pieces' {
        $before = $fake.Requests.Count
        $null = Read-MirrorVolume sales 0 9MB -Agent $fake.StateDirectory
        @($fake.Requests.ToArray() | Select-Object -Skip $before).Query | Should -Be '?offset=0&length=4194304', '?offset=4194304&length=4194304', '?offset=8388608&length=1048576'
    }

    It 'writes into a local file' {
        $path = Join-Path $fake.StateDirectory 'out.bin'
        (Read-MirrorVolume sales 0 512 -OutFile $path -Agent $fake.StateDirectory).FullName | Should -Be $path
        (Get-Item $path).Length | Should -Be 512
        { Read-MirrorVolume sales 0 512 -OutFile (Join-Path $fake.StateDirectory 'no/where') -Agent $fake.StateDirectory -ErrorAction Stop } | Should -Throw -ErrorId 'FileNotFound,*'
    }
}

Describe 'Read-MirrorVolume with real agents' -Tag RealAgent, 'F-15' {
    It 'reads the committed image at site 2, not what came after it' {
        $sites = Get-TestSites
        $pair = New-TestPair -Size 8MB
        $bytes = [byte[]]::new(1024)
        [Random]::new(2).NextBytes($bytes)
        Write-MirrorVolume $pair.Name 512 $bytes -Agent $sites.Site1
        $null = $pair | Start-FlashcopyCycle -PassThru | Wait-FlashcopyCycle -Timeout 60
        Write-MirrorVolume $pair.Name 512 ([byte[]]::new(1024)) -Agent $sites.Site1
        [Convert]::ToHexString((Read-MirrorVolume $pair.Name 512 1024 -Agent $sites.Site2).Bytes) | Should -Be ([Convert]::ToHexString($bytes))
        (Read-MirrorVolume $pair.Name 512 1024 -Agent $sites.Site1).Bytes | Sort-Object -Unique | Should -Be 0
        { Read-MirrorVolume $pair.Name 8MB 512 -Agent $sites.Site1 -ErrorAction Stop } | Should -Throw -ErrorId 'RangeOutOfVolume,*'
    }
}
